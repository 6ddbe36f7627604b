use std::num::NonZeroU32;
use std::time::Duration;

use models_core::{
    AccountRole, Actor, Attempt, AuditEntry, AuditQuery, Change, Context, LogEntry, Order,
    Organization, OrganizationUpdate, Origin, PolicyMode, Revision, Scope, ServiceAccount,
    Timestamp,
};

use crate::Store;
use crate::fixtures::administration::{
    account, add_account, add_admin_key, add_key_of, add_project, made_by, policy, project,
    update_organization,
};
use crate::fixtures::{NOW, add_models, add_organization, id, log, origin, own};

const MANY: NonZeroU32 = NonZeroU32::new(1_000).unwrap();

fn newest(organization: &Organization) -> AuditQuery {
    AuditQuery::newest(Some(organization.id.clone()), MANY)
}

async fn entries(store: &Store, query: AuditQuery) -> Vec<AuditEntry> {
    let page = store.audit.list(query).await.unwrap();
    assert_eq!(page.next, None);
    page.items
}

async fn kinds(store: &Store, query: AuditQuery) -> Vec<String> {
    let entries = entries(store, query).await.into_iter();
    entries.map(|entry| entry.kind).collect()
}

fn chosen(text: &str) -> Vec<String> {
    vec![text.to_owned()]
}

pub async fn an_entry_has_the_actor_the_circumstances_and_the_project(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let other = add_organization(&store, "other").await;
    let staging = add_project(&store, &acme, "staging").await;
    let account = ServiceAccount {
        role: AccountRole::Owner,
        ..account(&acme, &staging.id, "ci")
    };
    let inserted = store
        .service_accounts
        .insert(account.clone(), None, origin());
    inserted.await.unwrap().unwrap();
    let (key, _) = add_key_of(&store, &acme, &account).await;
    let (admin, _) = add_admin_key(&store, &acme, "admin").await;
    add_models(&store, &own(&acme), &[("a", 1)]).await;
    add_models(&store, &own(&other), &[("b", 1)]).await;
    add_models(&store, &Scope::Public, &[("c", 1)]).await;

    let request = Context {
        request_id: Some("req_1".to_owned()),
        client_address: Some("2001:db8::1".parse().unwrap()),
        ..Context::default()
    };
    let model = id("a");
    let deletion = store
        .models
        .delete_as(&key.id, &model, NOW, Attempt::First, request.clone());
    deletion.await.unwrap();
    let command = Origin {
        context: Context {
            user: Some("root".to_owned()),
            host: Some("db-1".to_owned()),
            reason: Some("ticket 7".to_owned()),
            ..Context::default()
        },
        ..origin()
    };
    let rename = store.projects.rename(
        &acme.id,
        &staging.id,
        "renamed".parse().unwrap(),
        command.clone(),
    );
    rename.await.unwrap().unwrap();
    let revoke = store
        .admin_api_keys
        .revoke(&acme.id, &admin.id, made_by(&admin));
    revoke.await.unwrap().unwrap();

    let all = entries(&store, newest(&acme)).await;
    let [revoked, renamed, deleted, created, ..] = &all[..] else {
        panic!("{all:?}");
    };
    let project_of = |entry: &AuditEntry| {
        let project = entry.project.as_ref();
        project.map(|(id, name)| (id.to_string(), name.to_string()))
    };
    let in_staging = Some(("staging".to_owned(), "renamed".to_owned()));
    assert_eq!(revoked.kind, "admin_api_key.deleted");
    assert_eq!(revoked.actor, Some(Actor::AdminApiKey(admin.id.clone())));
    let default = &acme.default_project;
    let in_default = Some((default.id.to_string(), default.name.to_string()));
    assert_eq!(project_of(revoked), in_default);
    assert_eq!(renamed.kind, "project.updated");
    assert_eq!(renamed.actor, Some(Actor::CommandLine));
    assert_eq!(renamed.context, command.context);
    assert_eq!(project_of(renamed), in_staging);
    assert_eq!(deleted.kind, "model.deleted");
    assert_eq!(deleted.subject_id, "a");
    assert_eq!(deleted.at, NOW);
    assert_eq!(deleted.actor, Some(Actor::ApiKey(key.id.clone())));
    assert_eq!(deleted.service_account_id, Some(account.id.clone()));
    assert_eq!(deleted.context, request);
    assert_eq!(project_of(deleted), in_staging);
    assert!(matches!(&deleted.change, Some(Change::ModelDeleted(deleted)) if deleted.id == model));
    assert_eq!(created.kind, "model.created");
    assert_eq!(created.context, Context::default());
    assert_eq!(project_of(created), None);
    assert!(
        all.iter()
            .all(|entry| entry.organization_id.as_ref() == Some(&acme.id))
    );

    let by_account = AuditQuery {
        actor_ids: Some(chosen("ci")),
        ..newest(&acme)
    };
    assert_eq!(kinds(&store, by_account).await, ["model.deleted"]);

    // The operator sees all events, and the events of one organization say nothing about others.
    let everything = AuditQuery::newest(None, MANY);
    let revisions: Vec<i64> = entries(&store, everything)
        .await
        .iter()
        .map(|entry| entry.revision.0)
        .collect();
    let Revision(last) = store.events.revision().await.unwrap();
    assert_eq!(revisions, (1..=last).rev().collect::<Vec<_>>());
    let of_other = kinds(&store, newest(&other)).await;
    assert_eq!(of_other, ["model.created", "organization.created"]);
}

pub async fn the_lists_of_a_query_select_entries(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let staging = add_project(&store, &acme, "staging").await;
    let account = add_account(&store, &acme, &staging.id, "ci").await;
    let (key, _) = add_key_of(&store, &acme, &account).await;
    let (admin, _) = add_admin_key(&store, &acme, "admin").await;
    let second = Origin {
        at: Timestamp::from_seconds(NOW.seconds() + 1),
        ..made_by(&admin)
    };
    let inserted = store.projects.insert(&acme.id, project("made"), second);
    inserted.await.unwrap().unwrap();
    let revoked = store.api_keys.revoke(&key.id, origin()).await.unwrap();
    assert!(revoked.is_some());

    let acts = |query: AuditQuery| kinds(&store, query);
    let with = |change: fn(&mut AuditQuery, &str), text: &str| {
        let mut query = newest(&acme);
        change(&mut query, text);
        query
    };
    let by_kind: fn(&mut AuditQuery, &str) = |query, text| query.kinds = Some(chosen(text));
    let by_actor: fn(&mut AuditQuery, &str) = |query, text| query.actor_ids = Some(chosen(text));
    let by_project: fn(&mut AuditQuery, &str) =
        |query, text| query.project_ids = Some(chosen(text));
    let by_subject: fn(&mut AuditQuery, &str) =
        |query, text| query.subject_ids = Some(chosen(text));
    let in_staging = [
        "api_key.deleted",
        "api_key.created",
        "service_account.created",
        "project.created",
    ];
    for (change, text, expected) in [
        (by_kind, "api_key.deleted", &["api_key.deleted"][..]),
        (by_kind, "api_key", &[]),
        (by_kind, "api_key.deleteX", &[]),
        (by_actor, "admin", &["project.created"]),
        (by_actor, "admin_key:admin", &["project.created"]),
        (by_actor, "ci", &[]),
        (by_actor, "?", &[]),
        (by_project, "staging", &in_staging),
        (by_project, "made", &["project.created"]),
        (by_project, "?", &[]),
        (by_subject, "ci", &["service_account.created"]),
        (by_subject, "c_", &[]),
        (by_subject, "ci\n", &[]),
        (by_subject, "c\0", &[]),
        (by_subject, "", &[]),
    ] {
        assert_eq!(acts(with(change, text)).await, expected, "{text:?}");
    }
    let both = AuditQuery {
        subject_ids: Some(vec!["ci".to_owned(), key.id.to_string()]),
        kinds: Some(vec![
            "api_key.created".to_owned(),
            "service_account.created".to_owned(),
        ]),
        ..newest(&acme)
    };
    let expected = ["api_key.created", "service_account.created"];
    assert_eq!(acts(both).await, expected);
    let nothing = AuditQuery {
        kinds: Some(vec![]),
        ..newest(&acme)
    };
    assert_eq!(acts(nothing).await, [""; 0]);
    let at = i64::from(NOW);
    for (times, expected) in [(at + 1..=at + 1, 1), (at + 2..=i64::MAX, 0), (0..=at, 6)] {
        let query = AuditQuery {
            at: times.clone(),
            ..newest(&acme)
        };
        assert_eq!(acts(query).await.len(), expected, "{times:?}");
    }
}

pub async fn an_entry_has_the_short_policies_that_the_change_names(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let short = policy(PolicyMode::AllowList, &["a", "b-*"]);
    let texts: Vec<String> = (0..101).map(|number| format!("m{number}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let (whole, long) = (
        policy(PolicyMode::DenyList, &texts[..100]),
        policy(PolicyMode::DenyList, &texts),
    );
    let project = &acme.default_project.id;
    for policy in [&short, &whole, &long] {
        let set = store
            .projects
            .set_policy(&acme.id, project, Some(policy.clone()), origin());
        set.await.unwrap().unwrap();
    }
    let update = OrganizationUpdate::PublicModels(Some(short.clone()));
    update_organization(&store, &acme, update).await;
    let named: Vec<_> = entries(&store, newest(&acme))
        .await
        .into_iter()
        .map(|entry| entry.policies)
        .collect();
    let expected = [
        vec![short.clone()],
        vec![whole.clone()],
        vec![short.clone(), whole],
        vec![short],
        vec![],
    ];
    assert_eq!(named, expected);
}

pub async fn pages_of_the_audit_log_go_in_both_directions(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let other = add_organization(&store, "other").await;
    for number in 0..5 {
        add_project(&store, &acme, &format!("a{number}")).await;
        add_project(&store, &other, &format!("b{number}")).await;
    }
    let all: Vec<Revision> = entries(&store, newest(&acme))
        .await
        .iter()
        .map(|entry| entry.revision)
        .collect();
    assert_eq!(all.len(), 6);
    for size in 1..=6 {
        let (mut down, mut up) = (vec![], vec![]);
        let mut query = AuditQuery {
            limit: NonZeroU32::new(size).unwrap(),
            ..newest(&acme)
        };
        loop {
            let page = store.audit.list(query.clone()).await.unwrap();
            down.extend(page.items.iter().map(|entry| entry.revision));
            query.older_than = page.next;
            if page.next.is_none() {
                break;
            }
        }
        query.order = Order::Ascending;
        loop {
            let page = store.audit.list(query.clone()).await.unwrap();
            up.extend(page.items.iter().map(|entry| entry.revision));
            query.newer_than = page.next;
            if page.next.is_none() {
                break;
            }
        }
        up.reverse();
        assert_eq!((&down, &up), (&all, &all), "{size}");
    }
    let between = AuditQuery {
        newer_than: Some(all[4]),
        older_than: Some(all[1]),
        ..newest(&acme)
    };
    let between: Vec<Revision> = entries(&store, between)
        .await
        .iter()
        .map(|entry| entry.revision)
        .collect();
    assert_eq!(between, all[2..4]);
}

fn at(seconds: i64) -> Origin {
    let at = i64::from(NOW) + seconds;
    Origin {
        at: at.try_into().unwrap(),
        ..origin()
    }
}

pub async fn the_old_beginning_of_the_log_is_removed(store: Store) {
    const HOUR: i64 = 3_600;
    let acme = add_organization(&store, "acme").await;
    add_models(&store, &own(&acme), &[("a", 1)]).await;
    add_models(&store, &Scope::Public, &[("b", 1)]).await;
    let insert = async |id: &str, seconds: i64| {
        let inserted = store
            .projects
            .insert(&acme.id, project(id), at(seconds))
            .await;
        inserted.unwrap().unwrap();
    };
    insert("p1", 10).await;
    // This clock was late, and its event has events before it that stay.
    insert("p2", 0).await;

    let prune = |before: i64, now: i64| store.audit.prune(at(before).at, at(now));
    let revision = || async { store.events.revision().await.unwrap() };
    // All events are younger than an hour.
    assert_eq!(prune(HOUR, HOUR).await.unwrap(), 0);
    // No event is older than this.
    assert_eq!(prune(0, 9 * HOUR).await.unwrap(), 0);
    assert_eq!(revision().await, Revision(5));
    assert_eq!(prune(1, HOUR + 5).await.unwrap(), 3);
    let left: Vec<_> = log_after(&store, 3).await;
    assert_eq!(left, ["project.created", "project.created", "audit.pruned"]);
    assert_eq!(prune(10, 9 * HOUR).await.unwrap(), 0);

    // A view of the catalog has the same revisions as before.
    let candidates = store.models.list_candidates(&acme.id).await.unwrap().value;
    let (own, public) = (candidates.own_revision, candidates.public_revision);
    assert_eq!((own, public), (Revision(2), Revision(3)));

    // The newest event may be old too.
    // The record has the time that took effect: the last hour of the log stays.
    assert_eq!(prune(20 * HOUR, 9 * HOUR).await.unwrap(), 3);
    assert_eq!(log_after(&store, 6).await, ["audit.pruned"]);
    let pruned = entries(&store, AuditQuery::newest(None, MANY)).await;
    let change = Change::AuditPruned {
        before: at(8 * HOUR).at,
    };
    assert_eq!(pruned[0].change, Some(change));
    assert_eq!(pruned[0].subject_id, "catalog");
    assert_eq!(entries(&store, newest(&acme)).await, []);
}

async fn log_after(store: &Store, revision: i64) -> Vec<&'static str> {
    let entries = log(store).await.into_iter();
    let events = entries.filter_map(LogEntry::into_event);
    let kinds: Vec<_> = events
        .filter(|event| event.revision > Revision(revision))
        .map(|event| event.change.kind())
        .collect();
    kinds
}

pub async fn a_long_log_is_removed_in_pieces(store: Store) {
    let models: Vec<String> = (0..12_345).map(|number| format!("m{number}")).collect();
    let models: Vec<(&str, u32)> = models.iter().map(|id| (id.as_str(), 1)).collect();
    add_models(&store, &Scope::Public, &models).await;
    let day = Duration::from_hours(24).as_secs().try_into().unwrap();
    let removed = store.audit.prune(at(1).at, at(day)).await.unwrap();
    assert_eq!(removed, 12_345);
    assert_eq!(log_after(&store, 0).await, ["audit.pruned"]);
}
