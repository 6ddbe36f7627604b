//! One source file with all its mutants in it. A variable of the environment says which of them is active.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::mutants::list::{Genre, Mutant, Position};
use crate::mutants::syntax::Syntax;

/// The number of the active mutant.
pub const VARIABLE: &str = "MODELS_MUTANT";

/// What the root of the crate must hold: a function that says whether the mutant with this number is active.
pub fn switch() -> String {
    format!(
        r#"
#[doc(hidden)]
pub(crate) fn mutated(number: usize) -> bool {{
    static ACTIVE: std::sync::LazyLock<Option<usize>> =
        std::sync::LazyLock::new(|| std::env::var("{VARIABLE}").ok()?.parse().ok());
    *ACTIVE == Some(number)
}}
"#
    )
}

/// A file that holds many mutants, and where each of them is.
pub struct WovenFile {
    pub text: String,
    pub regions: Vec<Region>,
    /// Mutants for which a switch at run time does not do.
    pub apart: Vec<usize>,
}

/// A part of a woven file.
pub struct Region {
    pub range: Range<usize>,
    /// The mutants that it belongs to.
    pub mutants: Vec<usize>,
    /// Whether it is the text of one mutant and nothing else.
    pub is_replacement: bool,
}

/// The file with one mutant, and nothing else changed.
pub fn replaced(source: &str, mutant: &Mutant) -> String {
    let span = span(source, mutant);
    [
        &source[..span.start],
        &mutant.replacement,
        &source[span.end..],
    ]
    .concat()
}

/// The file with all these mutants. Each comes with its number.
pub fn weave(source: &str, mutants: &[(usize, &Mutant)]) -> Result<WovenFile, syn::Error> {
    let syntax = Syntax::parse(source)?;
    let mut edits = Edits::default();
    let mut apart = Vec::new();
    for &(number, mutant) in mutants {
        if edits.add(source, &syntax, number, mutant).is_none() {
            apart.push(number);
        }
    }
    let mut loom = Loom {
        source,
        nodes: edits.into_nodes(),
        text: String::new(),
        regions: Vec::new(),
    };
    loom.weave(0..source.len(), &mut 0);
    Ok(WovenFile {
        text: loom.text,
        regions: loom.regions,
        apart,
    })
}

fn span(source: &str, mutant: &Mutant) -> Range<usize> {
    offset(source, mutant.span.start)..offset(source, mutant.span.end)
}

/// In bytes.
fn offset(source: &str, position: Position) -> usize {
    let lines = source.split_inclusive('\n').take(position.line - 1);
    let line_start: usize = lines.map(str::len).sum();
    let before = source[line_start..].chars().take(position.column - 1);
    line_start + before.map(char::len_utf8).sum::<usize>()
}

/// What to change in the file. The keys are offsets in bytes.
#[derive(Default)]
struct Edits {
    /// The first statement of a function → the values to return instead.
    returns: BTreeMap<usize, Vec<(usize, String)>>,
    /// Start and end of an expression → the expressions to evaluate instead.
    expressions: BTreeMap<(usize, usize), Vec<(usize, String)>>,
    /// The end of a pattern → what to do with the guard.
    guards: BTreeMap<usize, Guard>,
}

#[derive(Default)]
struct Guard {
    written: Option<Range<usize>>,
    never: Vec<usize>,
    always: Vec<usize>,
}

/// A change at a place of the source.
struct Node {
    range: Range<usize>,
    mutants: Vec<usize>,
    change: Change,
}

enum Change {
    /// This text comes before the range, which is empty.
    Insert(String),
    /// One of these expressions stands for the range.
    Choose(Vec<(usize, String)>),
}

impl Edits {
    fn add(&mut self, source: &str, syntax: &Syntax, number: usize, mutant: &Mutant) -> Option<()> {
        let span = span(source, mutant);
        match mutant.genre {
            // All values of a function must have one type, also where the type has no name.
            Genre::FnValue if mutant.returns().contains("impl ") => return None,
            Genre::FnValue => {
                let value = (number, mutant.replacement.clone());
                self.returns.entry(span.start).or_default().push(value);
            }
            Genre::BinaryOperator | Genre::UnaryOperator | Genre::StructField => {
                let places = if mutant.genre == Genre::StructField {
                    &syntax.fields
                } else {
                    &syntax.operators
                };
                let whole = places.get(&span.start)?;
                let instead = [
                    &source[whole.start..span.start],
                    &mutant.replacement,
                    &source[span.end..whole.end],
                ];
                let key = (whole.start, whole.end);
                self.expressions
                    .entry(key)
                    .or_default()
                    .push((number, instead.concat()));
            }
            Genre::MatchArm | Genre::MatchArmGuard => {
                let arm = if mutant.genre == Genre::MatchArm {
                    &span.start
                } else {
                    syntax.guards.get(&span.start)?
                };
                let arm = syntax.arms.get(arm)?;
                let guard = self.guards.entry(arm.pattern_end).or_default();
                guard.written.clone_from(&arm.guard);
                let numbers = if mutant.replacement == "true" {
                    &mut guard.always
                } else {
                    &mut guard.never
                };
                numbers.push(number);
            }
        }
        Some(())
    }

    fn into_nodes(self) -> Vec<Node> {
        let mut nodes = Vec::new();
        for (start, values) in self.returns {
            nodes.extend(values.into_iter().map(|(number, value)| Node {
                range: start..start,
                mutants: vec![number],
                change: Change::Insert(format!(
                    "if crate::mutated({number}) {{ return {value}; }} "
                )),
            }));
        }
        for ((start, end), expressions) in self.expressions {
            nodes.push(Node {
                range: start..end,
                mutants: expressions.iter().map(|(number, _)| *number).collect(),
                change: Change::Choose(expressions),
            });
        }
        for (pattern_end, guard) in self.guards {
            nodes.extend(guard.into_nodes(pattern_end));
        }
        // What is inserted before an expression, before that; the outer expression before the inner one.
        nodes.sort_by_key(|node| {
            let Range { start, end } = node.range;
            (start, start != end, std::cmp::Reverse(end))
        });
        nodes
    }
}

impl Guard {
    fn into_nodes(self, pattern_end: usize) -> Vec<Node> {
        let all = |numbers: &[usize], word: &str, before: &str| -> String {
            let calls = numbers
                .iter()
                .map(|number| format!("{before}crate::mutated({number}){word}"));
            calls.collect()
        };
        let never = all(&self.never, " && ", "!");
        let always = all(&self.always, " || ", "");
        let mutants = [self.never, self.always].concat();
        let insert = |at: usize, text: String| Node {
            range: at..at,
            mutants: mutants.clone(),
            change: Change::Insert(text),
        };
        match self.written {
            None => vec![insert(pattern_end, format!(" if {never}true"))],
            Some(guard) => vec![
                insert(guard.start, format!("{never}({always}(")),
                insert(guard.end, "))".to_owned()),
            ],
        }
    }
}

struct Loom<'a> {
    source: &'a str,
    nodes: Vec<Node>,
    text: String,
    regions: Vec<Region>,
}

impl Loom<'_> {
    /// Copies the range with the changes from the next node on that lie in it.
    fn weave(&mut self, range: Range<usize>, next: &mut usize) {
        let mut copied = range.start;
        while let Some(node) = self
            .nodes
            .get(*next)
            .filter(|node| node.range.start < range.end)
        {
            let (place, mutants) = (node.range.clone(), node.mutants.clone());
            self.text.push_str(&self.source[copied..place.start]);
            copied = place.end;
            let start = self.text.len();
            *next += 1;
            let is_insert = place.is_empty();
            match &self.nodes[*next - 1].change {
                Change::Insert(text) => self.text.push_str(text),
                Change::Choose(expressions) => {
                    self.text.push('(');
                    for (number, expression) in expressions {
                        let condition = format!("if crate::mutated({number}) {{ ");
                        self.text.push_str(&condition);
                        let start = self.text.len();
                        self.text.push_str(expression);
                        self.regions.push(Region {
                            range: start..self.text.len(),
                            mutants: vec![*number],
                            is_replacement: true,
                        });
                        self.text.push_str(" } else ");
                    }
                    self.text.push_str("{ ");
                    self.weave(place, next);
                    self.text.push_str(" })");
                }
            }
            self.regions.push(Region {
                range: start..self.text.len(),
                is_replacement: is_insert && mutants.len() == 1,
                mutants,
            });
        }
        self.text.push_str(&self.source[copied..range.end]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutants::list::Span;

    const SOURCE: &str = "\
fn f(x: u8) -> bool {
    let ä = x < 2 && !is(x);
    match x {
        1 => ä,
        n if n == x => true,
        _ => false,
    }
}
";

    /// Replaces this text, which is in one line of the source, once.
    fn mutant(genre: Genre, original: &str, replacement: &str) -> Mutant {
        let position = |offset: usize| {
            let before = &SOURCE[..offset];
            let line_start = before.rfind('\n').map_or(0, |end| end + 1);
            Position {
                line: before.matches('\n').count() + 1,
                column: before[line_start..].chars().count() + 1,
            }
        };
        let start = SOURCE.find(original).unwrap();
        Mutant {
            name: String::new(),
            package: String::new(),
            file: "f.rs".into(),
            genre,
            function: None,
            span: Span {
                start: position(start),
                end: position(start + original.len()),
            },
            replacement: replacement.to_owned(),
            diff: String::new(),
        }
    }

    fn weave_all(mutants: &[Mutant]) -> WovenFile {
        let numbered: Vec<_> = mutants.iter().enumerate().collect();
        weave(SOURCE, &numbered).unwrap()
    }

    /// The source with this instead of that.
    fn with(original: &str, woven: &str) -> String {
        SOURCE.replacen(original, woven, 1)
    }

    #[test]
    fn a_mutant_replaces_its_text_alone() {
        let mutant = mutant(Genre::BinaryOperator, "&&", "||");
        assert_eq!(replaced(SOURCE, &mutant), with("&&", "||"));
    }

    #[test]
    fn a_function_returns_the_value_of_the_active_mutant() {
        let woven = weave_all(&[mutant(Genre::FnValue, "let ä", "true")]);
        let expected = "if crate::mutated(0) { return true; } let ä";
        assert_eq!(woven.text, with("let ä", expected));
    }

    #[test]
    fn operators_within_operators_are_chosen_at_run_time() {
        let woven = weave_all(&[
            mutant(Genre::BinaryOperator, "&&", "||"),
            mutant(Genre::BinaryOperator, "<", ">"),
            mutant(Genre::BinaryOperator, "<", "=="),
            mutant(Genre::UnaryOperator, "!", ""),
        ]);
        let less =
            "(if crate::mutated(1) { x > 2 } else if crate::mutated(2) { x == 2 } else { x < 2 })";
        let not = "(if crate::mutated(3) { is(x) } else { !is(x) })";
        let and =
            format!("(if crate::mutated(0) {{ x < 2 || !is(x) }} else {{ {less} && {not} }})");
        assert_eq!(woven.text, with("x < 2 && !is(x)", &and));
        // What belongs to a mutant alone can be told from what it shares.
        let alone = woven.regions.iter().filter(|region| region.is_replacement);
        let alone: Vec<_> = alone
            .map(|region| (&woven.text[region.range.clone()], &region.mutants[..]))
            .collect();
        let expected: [(&str, &[usize]); 4] = [
            ("x < 2 || !is(x)", &[0]),
            ("x > 2", &[1]),
            ("x == 2", &[2]),
            ("is(x)", &[3]),
        ];
        assert_eq!(alone, expected);
    }

    #[test]
    fn arms_are_skipped_by_their_guards() {
        let woven = weave_all(&[
            mutant(Genre::MatchArm, "1 => ä,", ""),
            mutant(Genre::MatchArm, "n if n == x => true,", ""),
            mutant(Genre::MatchArmGuard, "n == x", "true"),
            mutant(Genre::MatchArmGuard, "n == x", "false"),
        ]);
        let arms = with("1 =>", "1 if !crate::mutated(0) && true =>");
        let guard = "!crate::mutated(1) && !crate::mutated(3) && (crate::mutated(2) || (n == x))";
        assert_eq!(woven.text, arms.replacen("n == x", guard, 1));
    }

    #[test]
    fn a_value_of_a_type_without_a_name_is_built_apart() {
        let mut mutant = mutant(Genre::FnValue, "let ä", "true");
        mutant.function = Some(crate::mutants::list::Function {
            return_type: "-> impl Iterator<Item = u8>".to_owned(),
        });
        let woven = weave_all(&[mutant]);
        assert_eq!((woven.text.as_str(), &woven.apart[..]), (SOURCE, &[0][..]));
    }
}
