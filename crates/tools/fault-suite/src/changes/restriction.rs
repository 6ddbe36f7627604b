//! After a project's permission has been narrowed, or an organization disabled, no node shows the
//! hidden model or accepts the key. This includes nodes that are stopped or cut off.

mod tenant;

use std::time::{Duration, Instant};

use futures_util::future::{join_all, try_join_all};
use models_core::Scope;

pub use self::tenant::{HIDDEN, KEPT, Restriction, Shown};

use self::tenant::{HastyStore, Tenant};
use crate::Failure;
use crate::environment::node::{LEASE, Node};
use crate::environment::scene::Scene;
use crate::environment::wait::wait;

/// Runs all cases, each with `count` organizations.
pub async fn run(scene: &mut Scene, restriction: Restriction, count: usize) -> Result<(), Failure> {
    let models = [KEPT.to_owned(), HIDDEN.to_owned()];
    scene.catalog.add_to(Scope::Public, &models).await?;
    healthy(scene, restriction, count).await?;
    control(scene, restriction, count / 10).await?;
    stopped(scene, restriction, count).await?;
    cut_off(scene, restriction, count).await
}

/// Adds organizations, each with a key.
async fn tenants(
    scene: &Scene,
    restriction: Restriction,
    case: &str,
    count: usize,
) -> Result<Vec<Tenant>, Failure> {
    let mut tenants = Vec::with_capacity(count);
    for number in 0..count {
        let slug = format!("{}-{case}-{number}", restriction.prefix());
        tenants.push(Tenant(scene.catalog.another(&slug).await?));
    }
    Ok(tenants)
}

/// Lets every tenant list and retrieve on every node, so that the nodes have the keys and the views
/// in memory.
async fn warm(nodes: &[Node], tenants: &[Tenant]) -> Result<(), Failure> {
    for tenant in tenants {
        for node in nodes {
            if Shown::read(node, &tenant.0.owner).await? != Shown::BEFORE {
                return Err("a node does not show the model before the change".into());
            }
        }
    }
    Ok(())
}

/// The probes of a case that showed what they must not show.
#[derive(Default)]
struct Leaks {
    lists: usize,
    retrievals: usize,
    /// Lists of nodes that serve, which must still show the other model.
    without_kept: usize,
    probes: usize,
}

impl Leaks {
    /// Sends the tenant's requests to all nodes at once.
    async fn probe(
        &mut self,
        nodes: &[Node],
        tenant: &Tenant,
        restriction: Restriction,
    ) -> Result<(), Failure> {
        let probes = nodes.iter().map(|node| Shown::read(node, &tenant.0.owner));
        for shown in try_join_all(probes).await? {
            self.lists += usize::from(shown.list_leaks(restriction));
            self.retrievals += usize::from(shown.retrieves_hidden);
            self.without_kept += usize::from(!shown.lists_kept);
            self.probes += 1;
        }
        Ok(())
    }

    fn report(&self, scene: &mut Scene, restriction: Restriction, name: &str) {
        let (list, retrieval) = match restriction {
            Restriction::Policy => (
                "lists that showed the model after the change returned",
                "retrievals that returned the model after the change returned",
            ),
            Restriction::Disabling => (
                "lists that accepted the key after the change returned",
                "retrievals that accepted the key after the change returned",
            ),
        };
        let report = &mut scene.report;
        report.none(name, list, self.lists, self.probes, self.probes);
        report.none(name, retrieval, self.retrievals, self.probes, self.probes);
    }
}

async fn healthy(scene: &mut Scene, restriction: Restriction, count: usize) -> Result<(), Failure> {
    let tenants = tenants(scene, restriction, "healthy", count).await?;
    let (mut durations, mut leaks) = (vec![], Leaks::default());
    for tenants in tenants.chunks(50) {
        warm(&scene.nodes, tenants).await?;
        for tenant in tenants {
            let began = Instant::now();
            tenant.restrict(restriction).await?;
            durations.push(began.elapsed());
            leaks.probe(&scene.nodes, tenant, restriction).await?;
        }
    }
    let name = format!("{}, healthy", restriction.name());
    leaks.report(scene, restriction, &name);
    let (without, of) = (leaks.without_kept, leaks.probes);
    let report = &mut scene.report;
    if restriction == Restriction::Policy {
        let what = "lists without the model that stays allowed";
        report.none(&name, what, without, of, of);
    }
    let limit = Duration::from_millis(50);
    report.within(&name, "the call", &mut durations, 50, limit);
    report.within(&name, "the call", &mut durations, 99, limit);
    Ok(())
}

/// Shows that without a barrier a node that is cut off still shows the model.
async fn control(scene: &mut Scene, restriction: Restriction, count: usize) -> Result<(), Failure> {
    let tenants = tenants(scene, restriction, "control", count).await?;
    warm(&scene.nodes, &tenants).await?;
    let hasty = HastyStore::open(&scene.database.url()).await?;
    scene.forwarder.cut();
    let mut leaks = Leaks::default();
    for tenant in &tenants {
        hasty.restrict(tenant, restriction).await?;
        leaks.probe(&scene.nodes, tenant, restriction).await?;
    }
    scene.forwarder.heal();
    let name = format!("{}, control: no barrier", restriction.name());
    let report = &mut scene.report;
    let lists = "lists that leak, a node cut off";
    report.some(&name, lists, leaks.lists, leaks.probes);
    let retrievals = "retrievals that leak, a node cut off";
    report.some(&name, retrievals, leaks.retrievals, leaks.probes);
    scene.settle().await
}

/// Restricts all tenants at once. Returns the duration of each call.
async fn all_at_once(
    tenants: &[Tenant],
    restriction: Restriction,
) -> Result<Vec<Duration>, Failure> {
    let restricting = tenants.iter().map(async |tenant| {
        let began = Instant::now();
        tenant.restrict(restriction).await?;
        Ok(began.elapsed())
    });
    join_all(restricting).await.into_iter().collect()
}

async fn stopped(scene: &mut Scene, restriction: Restriction, count: usize) -> Result<(), Failure> {
    let tenants = tenants(scene, restriction, "stopped", count).await?;
    warm(&scene.nodes, &tenants).await?;
    scene.nodes[2].signal("-STOP")?;
    let began = Instant::now();
    let mut durations = all_at_once(&tenants, restriction).await?;
    wait(10_000_u64.saturating_sub(u64::try_from(began.elapsed().as_millis())?)).await;
    scene.nodes[2].signal("-CONT")?;
    let mut leaks = Leaks::default();
    for tenant in &tenants {
        leaks.probe(&scene.nodes, tenant, restriction).await?;
    }
    let name = format!("{}, a node stopped for 10 s", restriction.name());
    leaks.report(scene, restriction, &name);
    waited(scene, &name, &mut durations);
    scene.settle().await
}

async fn cut_off(scene: &mut Scene, restriction: Restriction, count: usize) -> Result<(), Failure> {
    let tenants = tenants(scene, restriction, "cut-off", count).await?;
    warm(&scene.nodes, &tenants).await?;
    scene.forwarder.cut();
    let mut durations = all_at_once(&tenants, restriction).await?;
    let mut leaks = Leaks::default();
    for tenant in &tenants {
        leaks.probe(&scene.nodes, tenant, restriction).await?;
    }
    scene.forwarder.heal();
    let name = format!("{}, a node cut off", restriction.name());
    leaks.report(scene, restriction, &name);
    waited(scene, &name, &mut durations);
    scene.settle().await
}

/// The calls wait for the lease of the silent node, behind which the changes also queue.
fn waited(scene: &mut Scene, name: &str, durations: &mut [Duration]) {
    let limit = LEASE + Duration::from_secs(5);
    let report = &mut scene.report;
    report.within(name, "the call, with all others", durations, 99, limit);
}
