use std::sync::Arc;

use models_core::{
    Attempt, Change, Context, Deletion, DeletionRefusal, ImportEntry, KeyRejection, Name,
    OrganizationPolicies, OrganizationSettings, OrganizationState, OrganizationUpdate, PolicyMode,
    Role, Scope, Suspension,
};

use crate::Store;
use crate::fixtures::administration::{
    access, changes_after, policy, settings, update_organization,
};
use crate::fixtures::{
    NOW, add_api_key, add_models, add_organization, entry, id, import, organization, origin, own,
};

pub async fn the_settings_of_an_organization_are_updated_one_by_one(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let other = add_organization(&store, "other").await;
    let first = OrganizationSettings {
        name: acme.name.clone(),
        disabled_at: None,
        policies: OrganizationPolicies::default(),
    };
    let before = store.events.revision().await.unwrap();
    let (mut present, mut expected) = (first, vec![]);
    let deny = Some(policy(PolicyMode::DenyList, &["a", "b-*"]));
    let allow = Some(policy(PolicyMode::AllowList, &["ü \"x\""]));
    for update in [
        OrganizationUpdate::Name("Acme & Sons".parse().unwrap()),
        OrganizationUpdate::Disable,
        OrganizationUpdate::PublicModels(deny),
        OrganizationUpdate::NewProjects(allow),
        OrganizationUpdate::Enable,
        OrganizationUpdate::PublicModels(None),
    ] {
        let after = present.updated(update.clone(), NOW);
        for _ in 0..2 {
            // The second time nothing changes.
            let updated = store
                .organizations
                .update(&acme.id, update.clone(), origin());
            assert_eq!(updated.await.unwrap().as_ref(), Some(&after));
            assert_eq!(settings(&store, &acme).await, after);
        }
        expected.push(Change::OrganizationUpdated {
            id: acme.id.clone(),
            before: OrganizationState::from(&present),
            after: OrganizationState::from(&after),
        });
        let found = store.organizations.find_by_slug(&acme.slug).await.unwrap();
        let found = found.unwrap();
        assert_eq!(
            (&found.name, found.disabled_at),
            (&after.name, after.disabled_at)
        );
        present = after;
    }
    assert_eq!(changes_after(&store, before).await, expected);
    assert_eq!(settings(&store, &other).await.name, other.name);

    let missing = organization("missing");
    let update = OrganizationUpdate::Disable;
    let updated = store.organizations.update(&missing.id, update, origin());
    assert_eq!(updated.await.unwrap(), None);
    let found = store.organizations.settings(&missing.id).await.unwrap();
    assert_eq!(found, None);
}

pub async fn models_without_another_owner_follow_the_name(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let other = add_organization(&store, "other").await;
    let name = acme.name.as_str();
    let owned = |id: &str, owner: &str| ImportEntry {
        owned_by: Some(owner.parse().unwrap()),
        ..entry(id, 1)
    };
    for (scope, entries) in [
        (own(&acme), vec![owned("a", name), owned("b", "someone")]),
        (own(&other), vec![owned("c", name)]),
        (Scope::Public, vec![owned("d", name)]),
    ] {
        let import = import(scope, entries);
        let imported = store.models.import(import, origin(), Arc::new(|_| ()));
        imported.await.unwrap();
    }
    let before = store.events.revision().await.unwrap();
    let update = OrganizationUpdate::Name("Acme & Sons".parse().unwrap());
    let updated = store.organizations.update(&acme.id, update, origin());
    updated.await.unwrap().unwrap();
    assert_eq!(changes_after(&store, before).await.len(), 1);
    let candidates = store.models.list_candidates(&acme.id).await.unwrap().value;
    let owners: Vec<_> = candidates
        .models
        .iter()
        .map(|model| (model.id.as_str(), model.owned_by.as_str()))
        .collect();
    assert_eq!(
        owners,
        [("a", "Acme & Sons"), ("b", "someone"), ("d", name)]
    );
    assert_eq!(candidates.own_revision.0, before.0 + 1);
    let foreign = store.models.list(&own(&other)).await.unwrap();
    assert_eq!(foreign[0].owned_by.as_str(), name);
}

pub async fn simultaneous_updates_of_different_settings_are_all_kept(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let allow = Some(policy(PolicyMode::AllowList, &["a"]));
    let name: Name = "Acme & Sons".parse().unwrap();
    let updates = [
        OrganizationUpdate::Name(name.clone()),
        OrganizationUpdate::Disable,
        OrganizationUpdate::PublicModels(allow.clone()),
        OrganizationUpdate::NewProjects(allow.clone()),
    ];
    let updating = updates.map(|update| async { update_organization(&store, &acme, update).await });
    futures_util::future::join_all(updating).await;
    let expected = OrganizationSettings {
        name,
        disabled_at: Some(NOW),
        policies: OrganizationPolicies {
            public_models: allow.clone(),
            new_projects: allow,
        },
    };
    assert_eq!(settings(&store, &acme).await, expected);
}

pub async fn the_keys_of_a_disabled_organization_are_suspended(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let other = add_organization(&store, "other").await;
    let (key, digest) = add_api_key(&store, &acme, Role::Owner).await;
    let (_, beside) = add_api_key(&store, &other, Role::Owner).await;
    add_models(&store, &own(&acme), &[("own", 1)]).await;
    update_organization(&store, &acme, OrganizationUpdate::Disable).await;
    let rejection = KeyRejection::Suspended(Suspension::OrganizationDisabled);
    let found = access(&store, &digest).await;
    assert_eq!(found.principal(NOW), Err(rejection));
    assert!(access(&store, &beside).await.principal(NOW).is_ok());
    let model = id("own");
    let deletion = store
        .models
        .delete_as(&key.id, &model, NOW, Attempt::First, Context::default());
    let refused = Deletion::Refused(DeletionRefusal::Key(rejection));
    assert_eq!(deletion.await.unwrap(), refused);
    update_organization(&store, &acme, OrganizationUpdate::Enable).await;
    assert!(access(&store, &digest).await.principal(NOW).is_ok());
}
