//! `model delete`.

use std::io::{self, BufRead, IsTerminal};

use clap::Args;
use models_core::ModelId;
use models_node::use_cases::models;

use super::owner::{Owner, find_model, missing};
use crate::cli::catalog::origin;
use crate::cli::terminal::{Failure, Output, print_message};
use crate::dialects::openai::objects::DeletedModelObject;
use crate::store::Store;

const EXAMPLES: &str = "Examples:
  models-api model delete gpt-4o-mini
  models-api model delete gpt-4o-mini --yes
  models-api model delete ft:gpt-4o-mini:acme::a1 --organization acme";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Delete {
    /// The model's id.
    id: ModelId,
    #[command(flatten)]
    owner: Owner,
    /// Delete a public model without a question.
    #[arg(long)]
    yes: bool,
}

impl Delete {
    pub(super) async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        let Self { id, owner, yes } = self;
        let organization = owner.find(store).await?;
        let organization = organization.as_ref();
        find_model(store, organization, &id).await?;
        if organization.is_none() && !yes {
            confirm_public(&id)?;
        }
        let deleted = models::delete(&*store.models, organization, &id, origin()).await?;
        let model = deleted.ok_or_else(|| missing(&id, organization))?;
        output.object(&DeletedModelObject::from(&model), || match organization {
            None => format!("Deleted the public model `{id}`."),
            Some(_) => format!("Deleted the model `{id}`."),
        })
    }
}

/// Reads a confirmation from the terminal. Fails without a terminal.
fn confirm_public(id: &ModelId) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        return Err(format!(
            "nothing was deleted: `{id}` is a public model, which every organization may see; to delete it, add --yes"
        )
        .into());
    }
    print_message(&format!(
        "`{id}` is a public model, which every organization may see.\nTo delete it, type yes:"
    ));
    confirm(io::stdin().lock())
}

/// Reads `yes`.
fn confirm(mut input: impl BufRead) -> Result<(), Failure> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    if line.trim() == "yes" {
        Ok(())
    } else {
        Err("nothing was deleted: the input was not `yes`".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_confirms_a_deletion() {
        for typed in ["yes\n", "yes", " yes \r\n"] {
            assert!(confirm(typed.as_bytes()).is_ok(), "{typed:?}");
        }
        for typed in ["", "\n", "y\n", "no\n", "YES\n", "yes please\n", "\nyes\n"] {
            assert!(confirm(typed.as_bytes()).is_err(), "{typed:?}");
        }
    }
}
