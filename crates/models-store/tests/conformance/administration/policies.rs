use std::sync::Arc;

use models_core::{
    AccountRole, AdministrationRefusal, Attempt, Change, Context, Deletion, DeletionRefusal,
    OrganizationUpdate, Policies, Policy, PolicyMode, PolicyReference, ProjectId, Role, Scope,
};

use crate::Store;
use crate::fixtures::administration::{
    access, account, add_account, add_key_of, add_project, changes_after, policy,
    update_organization,
};
use crate::fixtures::{NOW, add_models, add_organization, id, origin, own};

pub async fn a_policy_is_replaced_and_removed(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let project = add_project(&store, &acme, "p").await;
    let before = store.events.revision().await.unwrap();
    let find = async || store.projects.policy(&acme.id, &project.id).await.unwrap();
    assert_eq!(find().await, Some(None));
    let allow = policy(PolicyMode::AllowList, &["a", "b-*"]);
    let same = policy(PolicyMode::AllowList, &["b-*", "a"]);
    let deny = policy(PolicyMode::DenyList, &["a", "b-*"]);
    // A policy without entries is not the same as no policy.
    let empty = policy(PolicyMode::AllowList, &[]);
    let policies = [
        Some(allow.clone()),
        Some(same),
        Some(deny.clone()),
        Some(empty.clone()),
        None,
        None,
    ];
    for policy in policies {
        let set = store
            .projects
            .set_policy(&acme.id, &project.id, policy.clone(), origin());
        assert_eq!(set.await.unwrap(), Ok(()));
        assert_eq!(find().await, Some(policy));
    }
    let update = |before: Option<&Arc<Policy>>, after: Option<&Arc<Policy>>| {
        let reference = |policy: &Arc<Policy>| PolicyReference::from(&**policy);
        Change::ModelPermissionsUpdated {
            organization_id: acme.id.clone(),
            project_id: project.id.clone(),
            before: before.map(reference),
            after: after.map(reference),
        }
    };
    let expected = [
        update(None, Some(&allow)),
        update(Some(&allow), Some(&deny)),
        update(Some(&deny), Some(&empty)),
        update(Some(&empty), None),
    ];
    assert_eq!(changes_after(&store, before).await, expected);

    let missing: ProjectId = "missing".parse().unwrap();
    assert_eq!(
        store.projects.policy(&acme.id, &missing).await.unwrap(),
        None
    );
    let set = store
        .projects
        .set_policy(&acme.id, &missing, None, origin());
    assert_eq!(set.await.unwrap(), Err(AdministrationRefusal::NotFound));
}

pub async fn a_key_is_found_with_both_policies(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let other = add_organization(&store, "other").await;
    let project = add_project(&store, &acme, "p").await;
    let key_in = async |organization, project_id, id| {
        let account = add_account(&store, organization, project_id, id).await;
        add_key_of(&store, organization, &account).await.1
    };
    let restricted = key_in(&acme, &project.id, "one").await;
    let beside = key_in(&acme, &acme.default_project.id, "two").await;
    let foreign = key_in(&other, &other.default_project.id, "three").await;

    let of_project = policy(PolicyMode::AllowList, &["a"]);
    let of_organization = policy(PolicyMode::DenyList, &["b"]);
    let set = store
        .projects
        .set_policy(&acme.id, &project.id, Some(of_project.clone()), origin());
    set.await.unwrap().unwrap();
    let public_models = Some(of_organization.clone());
    update_organization(
        &store,
        &acme,
        OrganizationUpdate::PublicModels(public_models),
    )
    .await;
    for (digest, organization, project) in [
        (restricted, Some(&of_organization), Some(&of_project)),
        (beside, Some(&of_organization), None),
        (foreign, None, None),
    ] {
        let expected = Policies {
            organization: organization.cloned(),
            project: project.cloned(),
        };
        assert_eq!(access(&store, &digest).await.policies, expected);
    }
}

pub async fn a_new_project_begins_with_the_organizations_policy(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let early = add_project(&store, &acme, "early").await;
    let first = policy(PolicyMode::AllowList, &["a"]);
    let new_projects = Some(first.clone());
    update_organization(&store, &acme, OrganizationUpdate::NewProjects(new_projects)).await;
    let before = store.events.revision().await.unwrap();
    let late = add_project(&store, &acme, "late").await;
    for (project, expected) in [(&early, None), (&late, Some(first.clone()))] {
        let found = store.projects.policy(&acme.id, &project.id).await.unwrap();
        assert_eq!(found, Some(expected));
    }
    // A node that follows the log learns of the policy.
    let expected = Change::ModelPermissionsUpdated {
        organization_id: acme.id.clone(),
        project_id: late.id,
        before: None,
        after: Some(PolicyReference::from(&*first)),
    };
    assert_eq!(changes_after(&store, before).await.pop(), Some(expected));
}

pub async fn a_key_deletes_no_model_that_a_policy_denies(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let project = add_project(&store, &acme, "p").await;
    let mut owner = account(&acme, &project.id, "owner");
    owner.role = AccountRole::Owner;
    let inserted = store.service_accounts.insert(owner.clone(), None, origin());
    inserted.await.unwrap().unwrap();
    let (key, _) = add_key_of(&store, &acme, &owner).await;
    assert_eq!(key.role, Role::Owner);
    add_models(&store, &own(&acme), &[("own", 1), ("allowed", 1)]).await;
    add_models(&store, &Scope::Public, &[("public", 1), ("hidden", 1)]).await;

    let allow = policy(PolicyMode::AllowList, &["allowed", "public", "hidden"]);
    let set = store
        .projects
        .set_policy(&acme.id, &project.id, Some(allow), origin());
    set.await.unwrap().unwrap();
    let deny = policy(PolicyMode::DenyList, &["hidden", "allowed"]);
    update_organization(&store, &acme, OrganizationUpdate::PublicModels(Some(deny))).await;
    for (model, refusal) in [
        ("own", DeletionRefusal::NotFound),
        ("hidden", DeletionRefusal::NotFound),
        ("public", DeletionRefusal::Public),
    ] {
        let denied = id(model);
        let deletion =
            store
                .models
                .delete_as(&key.id, &denied, NOW, Attempt::First, Context::default());
        let deletion = deletion.await.unwrap();
        assert_eq!(deletion, Deletion::Refused(refusal), "{model}");
    }
    // The organization's policy concerns public models only.
    let allowed = id("allowed");
    let deletion =
        store
            .models
            .delete_as(&key.id, &allowed, NOW, Attempt::First, Context::default());
    let deletion = deletion.await.unwrap();
    assert!(matches!(deletion, Deletion::Deleted { .. }), "{deletion:?}");
    let left = store.models.find(&own(&acme), &id("own")).await.unwrap();
    assert!(left.is_some());
}
