//! `organization delete`.

use std::io::{self, BufRead, IsTerminal};

use clap::Args;
use models_core::{Organization, OrganizationContents, OrganizationId, Slug};
use serde::Serialize;

use crate::cli::catalog::{find_organization, origin};
use crate::cli::missing;
use crate::cli::terminal::{Failure, Output, print_message};
use crate::store::Store;

const EXAMPLES: &str = "Examples:
  models-api organization delete acme
  models-api organization delete acme --confirm acme";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Delete {
    /// The organization's slug.
    slug: Slug,
    /// The slug once more, which confirms the deletion.
    #[arg(long, value_name = "SLUG")]
    confirm: Option<Slug>,
}

/// The deleted organization.
#[derive(Serialize)]
struct Deleted<'a> {
    #[serde(flatten)]
    organization: &'a Organization,
    removed: OrganizationContents,
}

/// An organization that an earlier command has deleted.
#[derive(Serialize)]
struct DeletedBefore<'a> {
    id: OrganizationId,
    slug: &'a Slug,
}

impl Delete {
    pub(super) async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        let slug = &self.slug;
        if let Some(id) = store.organizations.find_deleted(slug).await? {
            return repeat(id, slug, store, output).await;
        }
        let organization = find_organization(store, slug).await?;
        let contents = store.organizations.contents(&organization.id).await?;
        let contents = contents.ok_or_else(|| missing::organization(slug))?;
        match &self.confirm {
            Some(confirmed) if confirmed == slug => {}
            Some(confirmed) => return Err(differs(slug, confirmed.as_str())),
            None if io::stdin().is_terminal() => {
                print_message(&format!(
                    "The deletion of the organization `{slug}` ({}) removes {}. It cannot be undone, and no organization \
                     gets this slug again.\nTo delete it, type the slug:",
                    organization.name,
                    text(contents)
                ));
                confirm(slug, io::stdin().lock())?;
            }
            None => {
                return Err(format!(
                    "the deletion of the organization `{slug}` removes {}, and cannot be undone; to delete it: models-api \
                     organization delete {slug} --confirm {slug}",
                    text(contents)
                )
                .into());
            }
        }
        let deleted = store.organizations.delete(&organization.id, origin()).await;
        let removed = deleted?.ok_or_else(|| missing::organization(slug))?;
        let deleted = Deleted {
            organization: &organization,
            removed,
        };
        output.object(&deleted, || {
            format!("Deleted the organization `{slug}` with {}.", text(removed))
        })
    }
}

/// Returns once all nodes enforce the earlier deletion: its command may have ended before that.
async fn repeat(
    id: OrganizationId,
    slug: &Slug,
    store: &Store,
    output: Output,
) -> Result<(), Failure> {
    store.organizations.delete(&id, origin()).await?;
    output.object(&DeletedBefore { id, slug }, || {
        format!("The organization `{slug}` was deleted before.")
    })
}

/// Reads the slug from the operator.
fn confirm(slug: &Slug, mut input: impl BufRead) -> Result<(), Failure> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    let typed = line.trim();
    if typed == slug.as_str() {
        Ok(())
    } else {
        Err(differs(slug, typed))
    }
}

fn differs(slug: &Slug, typed: &str) -> Failure {
    format!("nothing was deleted: the slug is `{slug}`, not `{typed}`").into()
}

/// The contents of an organization, for people.
fn text(contents: OrganizationContents) -> String {
    let OrganizationContents {
        api_keys,
        admin_api_keys,
        projects,
        service_accounts,
        models,
    } = contents;
    let count = |count: u64, noun: &str| match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    };
    format!(
        "{}, {}, {}, {} and {}",
        count(api_keys, "key"),
        count(admin_api_keys, "admin key"),
        count(projects, "project"),
        count(service_accounts, "service account"),
        count(models, "model")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_slug_confirms_a_deletion() {
        let slug: Slug = "acme".parse().unwrap();
        for typed in ["acme\n", "acme", " acme \r\n"] {
            assert!(confirm(&slug, typed.as_bytes()).is_ok(), "{typed:?}");
        }
        for typed in ["", "\n", "yes\n", "Acme\n", "acme2\n", "\nacme\n"] {
            assert!(confirm(&slug, typed.as_bytes()).is_err(), "{typed:?}");
        }
        let refused = confirm(&slug, "yes\n".as_bytes()).unwrap_err();
        let expected = "nothing was deleted: the slug is `acme`, not `yes`";
        assert_eq!(refused.to_string(), expected);
    }

    #[test]
    fn the_contents_are_counted_in_words() {
        let contents = OrganizationContents {
            api_keys: 2,
            admin_api_keys: 1,
            projects: 1,
            service_accounts: 0,
            models: 3,
        };
        let expected = "2 keys, 1 admin key, 1 project, 0 service accounts and 3 models";
        assert_eq!(text(contents), expected);
    }
}
