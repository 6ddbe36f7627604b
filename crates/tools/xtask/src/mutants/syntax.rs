//! Where a source file has operators, match arms and struct expressions.

use std::collections::HashMap;
use std::ops::Range;

use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

/// The expressions and arms of a file. The keys are offsets in bytes.
#[derive(Default)]
pub struct Syntax {
    /// Operator → its expression.
    pub operators: HashMap<usize, Range<usize>>,
    /// Field → the struct expression that has it.
    pub fields: HashMap<usize, Range<usize>>,
    /// Arm → its pattern and guard.
    pub arms: HashMap<usize, Arm>,
    /// Guard → its arm.
    pub guards: HashMap<usize, usize>,
}

pub struct Arm {
    /// Where the pattern ends that the guard follows.
    pub pattern_end: usize,
    pub guard: Option<Range<usize>>,
}

impl Syntax {
    pub fn parse(source: &str) -> Result<Self, syn::Error> {
        let mut syntax = Self::default();
        syntax.visit_file(&syn::parse_file(source)?);
        Ok(syntax)
    }
}

impl<'ast> Visit<'ast> for Syntax {
    fn visit_expr_binary(&mut self, node: &'ast syn::ExprBinary) {
        let operator = node.op.span().byte_range().start;
        self.operators.insert(operator, node.span().byte_range());
        visit::visit_expr_binary(self, node);
    }

    fn visit_expr_unary(&mut self, node: &'ast syn::ExprUnary) {
        let operator = node.op.span().byte_range().start;
        self.operators.insert(operator, node.span().byte_range());
        visit::visit_expr_unary(self, node);
    }

    fn visit_expr_struct(&mut self, node: &'ast syn::ExprStruct) {
        let whole = node.span().byte_range();
        let fields = node
            .fields
            .iter()
            .map(|field| field.span().byte_range().start);
        self.fields
            .extend(fields.map(|field| (field, whole.clone())));
        visit::visit_expr_struct(self, node);
    }

    fn visit_arm(&mut self, node: &'ast syn::Arm) {
        let start = node.span().byte_range().start;
        let (pattern, guard) = if let syn::Pat::Guard(guarded) = &node.pat {
            let guard = guarded.guard.span().byte_range();
            (&*guarded.pat, Some(guard))
        } else {
            (&node.pat, None)
        };
        let pattern_end = pattern.span().byte_range().end;
        let arm = Arm { pattern_end, guard };
        if let Some(guard) = &arm.guard {
            self.guards.insert(guard.start, start);
        }
        self.arms.insert(start, arm);
        visit::visit_arm(self, node);
    }
}
