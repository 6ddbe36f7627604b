//! An organization that a change restricts, and what a node shows it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use models_core::{Barrier, Committed, OrganizationUpdate, Policy, PolicyMode};
use models_store::{Options, Store};

use crate::Failure;
use crate::environment::catalog::{Catalog, origin};
use crate::environment::node::{LEASE, Node};
use crate::environment::wait::wait;

/// The model that a policy denies.
pub const HIDDEN: &str = "hidden-model";
/// The model that every policy allows.
pub const KEPT: &str = "kept-model";

/// The change that a scenario makes.
#[derive(Clone, Copy, PartialEq)]
pub enum Restriction {
    /// The policy of the project denies a model.
    Policy,
    /// The organization is disabled.
    Disabling,
}

impl Restriction {
    pub fn name(self) -> &'static str {
        match self {
            Self::Policy => "narrowing a project's permission",
            Self::Disabling => "disabling an organization",
        }
    }

    /// The prefix of the tenants' slugs.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Policy => "narrowed",
            Self::Disabling => "disabled",
        }
    }
}

/// An organization with a key.
pub struct Tenant(pub Catalog);

/// What a node showed a tenant.
#[derive(PartialEq)]
pub struct Shown {
    pub lists_kept: bool,
    pub lists_hidden: bool,
    pub retrieves_hidden: bool,
}

impl Shown {
    /// What every node shows before the change.
    pub const BEFORE: Self = Self {
        lists_kept: true,
        lists_hidden: true,
        retrieves_hidden: true,
    };

    /// Lists, and retrieves the hidden model.
    pub async fn read(node: &Node, key: &str) -> Result<Self, Failure> {
        let path = format!("/v1/models/{HIDDEN}");
        let list = node.get(key, "/v1/models", None);
        let retrieval = node.get(key, &path, None);
        let (list, retrieval) = tokio::try_join!(list, retrieval)?;
        let lists = |id: &str| list.status == 200 && list.body.contains(&format!("{id:?}"));
        Ok(Self {
            lists_kept: lists(KEPT),
            lists_hidden: lists(HIDDEN),
            retrieves_hidden: retrieval.status == 200,
        })
    }

    /// Whether the list shows what it must not show after this change.
    pub fn list_leaks(&self, restriction: Restriction) -> bool {
        match restriction {
            Restriction::Policy => self.lists_hidden,
            Restriction::Disabling => self.lists_kept,
        }
    }
}

impl Tenant {
    /// Restricts the tenant, and returns once no node shows more.
    pub async fn restrict(&self, restriction: Restriction) -> Result<(), Failure> {
        while !restrict(&self.0.store, &self.0, restriction).await? {
            // The database is away, and the outcome is unknown.
            wait(50).await;
        }
        Ok(())
    }
}

/// Makes the change once. `false` if the store cannot tell whether it was made.
async fn restrict<N>(
    store: &Store<N>,
    tenant: &Catalog,
    restriction: Restriction,
) -> Result<bool, Failure> {
    let organization = &tenant.organization;
    match restriction {
        Restriction::Policy => {
            let policy = Policy::new(PolicyMode::DenyList, vec![HIDDEN.parse()?])?;
            let (project, policy) = (&organization.default_project.id, Some(Arc::new(policy)));
            let set = store
                .projects
                .set_policy(&organization.id, project, policy, origin());
            match set.await {
                Ok(set) => set.map_err(|refusal| format!("the policy was refused: {refusal:?}"))?,
                Err(_) => return Ok(false),
            }
        }
        Restriction::Disabling => {
            let disable = OrganizationUpdate::Disable;
            let disabled = store
                .organizations
                .update(&organization.id, disable, origin());
            match disabled.await {
                Ok(settings) => drop(settings.ok_or("there is no such organization")?),
                Err(_) => return Ok(false),
            }
        }
    }
    Ok(true)
}

/// A barrier that does not wait.
pub struct NoBarrier;

#[async_trait]
impl Barrier for NoBarrier {
    async fn wait(&self, _: Committed) {}
}

/// A store that returns from a change after the commit.
pub struct HastyStore(Store<NoBarrier>);

impl HastyStore {
    pub async fn open(url: &str) -> Result<Self, Failure> {
        let options = Options {
            max_connections: 2,
            connect_timeout: Duration::from_secs(5),
            lease: LEASE,
            create: false,
        };
        let store = models_store::open(url, options, |_| NoBarrier).await?;
        Ok(Self(store))
    }

    pub async fn restrict(&self, tenant: &Tenant, restriction: Restriction) -> Result<(), Failure> {
        if restrict(&self.0, &tenant.0, restriction).await? {
            return Ok(());
        }
        Err("the database is away".into())
    }
}
