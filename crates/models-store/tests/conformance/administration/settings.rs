use models_core::{
    Attempt, Change, Context, Deletion, DeletionRefusal, KeyRejection, Name, OrganizationPolicies,
    OrganizationSettings, OrganizationState, OrganizationUpdate, PolicyMode, Role, Suspension,
};

use crate::Store;
use crate::fixtures::administration::{
    access, changes_after, policy, settings, update_organization,
};
use crate::fixtures::{
    NOW, add_api_key, add_models, add_organization, id, organization, origin, own,
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
