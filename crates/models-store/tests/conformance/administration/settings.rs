use models_core::{
    Attempt, Change, Deletion, DeletionRefusal, KeyRejection, OrganizationPolicies,
    OrganizationSettings, OrganizationState, PolicyMode, Role, Suspension,
};

use crate::Store;
use crate::fixtures::administration::{access, change_settings, changes_after, policy, settings};
use crate::fixtures::{
    NOW, add_api_key, add_models, add_organization, id, organization, origin, own,
};

pub async fn the_settings_of_an_organization_are_replaced(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let other = add_organization(&store, "other").await;
    let first = OrganizationSettings {
        name: acme.name.clone(),
        disabled_at: None,
        policies: OrganizationPolicies::default(),
    };
    assert_eq!(settings(&store, &acme).await, first);
    let second = OrganizationSettings {
        name: "Acme & Sons".parse().unwrap(),
        disabled_at: Some(NOW),
        policies: OrganizationPolicies {
            public_models: Some(policy(PolicyMode::DenyList, &["a", "b-*"])),
            new_projects: Some(policy(PolicyMode::AllowList, &["ü \"x\""])),
        },
    };
    let before = store.events.revision().await.unwrap();
    let set = async |id, settings: &OrganizationSettings| {
        let set = store
            .organizations
            .set_settings(id, settings.clone(), origin());
        set.await.unwrap()
    };
    assert_eq!(set(&acme.id, &second).await.as_ref(), Some(&first));
    assert_eq!(settings(&store, &acme).await, second);
    let found = store.organizations.find_by_slug(&acme.slug).await.unwrap();
    let found = found.unwrap();
    assert_eq!((&found.name, found.disabled_at), (&second.name, Some(NOW)));
    assert_eq!(
        set(&acme.id, &second).await.as_ref(),
        Some(&second),
        "nothing changes"
    );
    assert_eq!(set(&acme.id, &first).await.as_ref(), Some(&second));
    assert_eq!(settings(&store, &acme).await, first);
    let update =
        |before: &OrganizationSettings, after: &OrganizationSettings| Change::OrganizationUpdated {
            id: acme.id.clone(),
            before: OrganizationState::from(before),
            after: OrganizationState::from(after),
        };
    let expected = [update(&first, &second), update(&second, &first)];
    assert_eq!(changes_after(&store, before).await, expected);
    assert_eq!(settings(&store, &other).await.name, other.name);

    let missing = organization("missing");
    assert_eq!(set(&missing.id, &first).await, None);
    let found = store.organizations.settings(&missing.id).await.unwrap();
    assert_eq!(found, None);
}

pub async fn the_keys_of_a_disabled_organization_are_suspended(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let other = add_organization(&store, "other").await;
    let (key, digest) = add_api_key(&store, &acme, Role::Owner).await;
    let (_, beside) = add_api_key(&store, &other, Role::Owner).await;
    add_models(&store, &own(&acme), &[("own", 1)]).await;
    change_settings(&store, &acme, |settings| settings.disabled_at = Some(NOW)).await;
    let rejection = KeyRejection::Suspended(Suspension::OrganizationDisabled);
    let found = access(&store, &digest).await;
    assert_eq!(found.principal(NOW), Err(rejection));
    assert!(access(&store, &beside).await.principal(NOW).is_ok());
    let model = id("own");
    let deletion = store.models.delete_as(&key.id, &model, NOW, Attempt::First);
    let refused = Deletion::Refused(DeletionRefusal::Key(rejection));
    assert_eq!(deletion.await.unwrap(), refused);
    change_settings(&store, &acme, |settings| settings.disabled_at = None).await;
    assert!(access(&store, &digest).await.principal(NOW).is_ok());
}
