use models_core::{
    Actor, AdminApiKey, AdministrationRefusal, ApiKeyUpdate, Change, KeyRejection, KeyUses,
    ListedAdminApiKey, Organization, OrganizationUpdate, Origin, PolicyMode, RepositoryError, Role,
    ServiceAccountUpdate, Suspension, Timestamp,
};

use crate::Store;
use crate::fixtures::administration::{
    account, add_account, add_admin_key, add_key_of, add_project, admin_key, administrator,
    changes_after, key_of, made_by, policy, project, update_organization, whole,
};
use crate::fixtures::{NOW, add_api_key, add_organization, api_key, origin};

async fn find(store: &Store, key: &AdminApiKey) -> Option<ListedAdminApiKey> {
    let found = store.admin_api_keys.find(&key.organization_id, &key.id);
    found.await.unwrap()
}

async fn revoke(
    store: &Store,
    key: &AdminApiKey,
    origin: Origin,
) -> Result<AdminApiKey, AdministrationRefusal> {
    let (organization_id, id) = (&key.organization_id, &key.id);
    let revoked = store.admin_api_keys.revoke(organization_id, id, origin);
    revoked.await.unwrap()
}

pub async fn admin_keys_are_listed_with_creator_and_last_use(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let before = store.events.revision().await.unwrap();
    let (first, first_digest) = add_admin_key(&store, &acme, "first").await;
    let (second, second_digest) = admin_key(&acme, "0-second");
    let inserted = store
        .admin_api_keys
        .insert(second.clone(), second_digest, made_by(&first));
    inserted.await.unwrap().unwrap();
    let at = Timestamp::from_seconds;
    let missing = "missing".parse().unwrap();
    for uses in [
        vec![(first.id.clone(), at(7)), (missing, at(9))],
        vec![(first.id.clone(), at(5))],
    ] {
        let uses = KeyUses {
            admin_api_keys: uses,
            ..KeyUses::default()
        };
        store.credentials.record_uses(uses).await.unwrap();
    }
    let expected = [
        ListedAdminApiKey {
            key: first.clone(),
            creator: Actor::CommandLine,
            last_used_at: Some(at(7)),
        },
        ListedAdminApiKey {
            key: second.clone(),
            creator: Actor::AdminApiKey(first.id.clone()),
            last_used_at: None,
        },
    ];
    let listed = store.admin_api_keys.list(&acme.id, whole()).await.unwrap();
    assert_eq!(listed.items, expected);
    for listed in &expected {
        assert_eq!(find(&store, &listed.key).await.as_ref(), Some(listed));
    }
    for (digest, key) in [(first_digest, &first), (second_digest, &second)] {
        let found = administrator(&store, &digest).await;
        assert_eq!((&found.key, found.suspension), (key, None));
        assert_eq!(found.validity().check(NOW), Ok(()));
    }
    let changes = [
        Change::AdminApiKeyCreated(first),
        Change::AdminApiKeyCreated(second),
    ];
    assert_eq!(changes_after(&store, before).await, changes);
}

pub async fn a_revoked_admin_key_leaves_the_keys_that_it_made(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let (first, first_digest) = add_admin_key(&store, &acme, "first").await;
    let (second, second_digest) = admin_key(&acme, "second");
    let inserted = store
        .admin_api_keys
        .insert(second.clone(), second_digest, made_by(&first));
    inserted.await.unwrap().unwrap();
    let before = store.events.revision().await.unwrap();
    let revoked = AdminApiKey {
        revoked_at: Some(NOW),
        ..first.clone()
    };
    // The second call keeps the first time, and changes nothing.
    for seconds in [0, 60] {
        let later = Origin {
            at: Timestamp::from_seconds(NOW.seconds() + seconds),
            ..origin()
        };
        let outcome = revoke(&store, &first, later).await;
        assert_eq!(outcome.as_ref(), Ok(&revoked));
    }
    let changes = [Change::AdminApiKeyDeleted(revoked.clone())];
    assert_eq!(changes_after(&store, before).await, changes);
    assert_eq!(find(&store, &first).await, None);
    assert_eq!(administrator(&store, &first_digest).await.key, revoked);
    assert_eq!(administrator(&store, &second_digest).await.key, second);
    let listed = store.admin_api_keys.list(&acme.id, whole()).await.unwrap();
    let ids: Vec<&str> = listed.items.iter().map(|one| one.key.id.as_str()).collect();
    assert_eq!(ids, ["second"]);
}

pub async fn a_secret_belongs_to_one_key_of_either_kind(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let other = add_organization(&store, "other").await;
    let (admin, admin_digest) = add_admin_key(&store, &acme, "admin").await;
    let (ordinary, ordinary_digest) = add_api_key(&store, &acme, Role::Owner).await;
    revoke(&store, &admin, origin()).await.unwrap();
    let revoked = store.api_keys.revoke(&ordinary.id, origin()).await;
    revoked.unwrap();
    let before = store.events.revision().await.unwrap();

    let is_taken = |inserted| matches!(inserted, Err(RepositoryError::AlreadyExists));
    let owner = account(&other, &other.default_project.id, "new");
    for digest in [admin_digest, ordinary_digest] {
        let (key, _) = admin_key(&other, "new");
        let inserted = store.admin_api_keys.insert(key, digest, origin()).await;
        assert!(is_taken(inserted));
        let (key, _) = api_key(&other, Role::Owner);
        let inserted = store.api_keys.insert(key, digest, origin()).await;
        assert!(is_taken(inserted));
        let (key, _) = key_of(&other, &owner);
        let inserted = store
            .service_accounts
            .insert(owner.clone(), Some((key, digest)), origin())
            .await;
        assert!(is_taken(inserted));
    }
    let (key, digest) = admin_key(&other, "admin");
    let inserted = store.admin_api_keys.insert(key, digest, origin()).await;
    assert!(is_taken(inserted), "the id is taken");
    assert_eq!(store.events.revision().await.unwrap(), before);
}

/// The keys and the reasons for which they are refused.
async fn invalid_keys(store: &Store, acme: &Organization) -> Vec<(AdminApiKey, KeyRejection)> {
    let (revoked, _) = add_admin_key(store, acme, "revoked").await;
    revoke(store, &revoked, origin()).await.unwrap();
    let (mut expired, digest) = admin_key(acme, "expired");
    expired.expires_at = Some(NOW);
    let inserted = store
        .admin_api_keys
        .insert(expired.clone(), digest, origin());
    inserted.await.unwrap().unwrap();
    let (missing, _) = admin_key(acme, "missing");
    let other = add_organization(store, "other").await;
    let (foreign, _) = add_admin_key(store, &other, "foreign").await;
    vec![
        (revoked, KeyRejection::Revoked),
        (expired, KeyRejection::Expired),
        (missing, KeyRejection::Revoked),
        (foreign, KeyRejection::Revoked),
    ]
}

pub async fn an_invalid_admin_key_changes_nothing(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let existing = add_project(&store, &acme, "p").await;
    let owner = add_account(&store, &acme, &existing.id, "a").await;
    let (key, _) = add_key_of(&store, &acme, &owner).await;
    let (admin, _) = add_admin_key(&store, &acme, "valid").await;
    let invalid = invalid_keys(&store, &acme).await;
    let before = store.events.revision().await.unwrap();
    let (id, project_id) = (&acme.id, &existing.id);
    for (actor, rejection) in invalid {
        let by = || made_by(&actor);
        let refused = AdministrationRefusal::Key(rejection);
        let name = || "another name".parse().unwrap();
        let deny = Some(policy(PolicyMode::DenyList, &["a"]));
        let to_name = ServiceAccountUpdate {
            name: Some(name()),
            role: None,
        };
        let to_expiry = ApiKeyUpdate {
            scopes: None,
            expires_at: Some(NOW),
        };
        let (new_key, new_digest) = key_of(&acme, &owner);
        let (new_admin, new_admin_digest) = admin_key(&acme, "new");
        let new_account = account(&acme, project_id, "new");
        let (projects, accounts) = (&store.projects, &store.service_accounts);
        let (keys, admins) = (&store.api_keys, &store.admin_api_keys);
        let outcomes = [
            projects.insert(id, project("new"), by()).await.unwrap(),
            projects
                .rename(id, project_id, name(), by())
                .await
                .unwrap()
                .map(drop),
            projects
                .archive(id, project_id, by())
                .await
                .unwrap()
                .map(drop),
            projects
                .set_policy(id, project_id, deny, by())
                .await
                .unwrap(),
            accounts.insert(new_account, None, by()).await.unwrap(),
            accounts
                .update(id, project_id, &owner.id, to_name, by())
                .await
                .unwrap()
                .map(drop),
            accounts
                .delete(id, project_id, &owner.id, by())
                .await
                .unwrap()
                .map(drop),
            keys.insert(new_key, new_digest, by()).await.unwrap(),
            keys.update_in_project(id, project_id, &key.id, to_expiry, by())
                .await
                .unwrap()
                .map(drop),
            keys.revoke_in_project(id, project_id, &key.id, by())
                .await
                .unwrap()
                .map(drop),
            admins
                .insert(new_admin, new_admin_digest, by())
                .await
                .unwrap(),
            revoke(&store, &admin, by()).await.map(drop),
        ];
        for (number, outcome) in outcomes.into_iter().enumerate() {
            assert_eq!(outcome, Err(refused), "change {number} by {}", actor.id);
        }
    }
    assert_eq!(store.events.revision().await.unwrap(), before);
}

pub async fn a_disabled_organization_has_no_administrators(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let (admin, digest) = add_admin_key(&store, &acme, "admin").await;
    update_organization(&store, &acme, OrganizationUpdate::Disable).await;
    let rejection = KeyRejection::Suspended(Suspension::OrganizationDisabled);
    let found = administrator(&store, &digest).await;
    assert_eq!(found.validity().check(NOW), Err(rejection));
    let insert = async |id, origin| {
        let inserted = store.projects.insert(&acme.id, project(id), origin);
        inserted.await.unwrap()
    };
    let refused = AdministrationRefusal::Key(rejection);
    assert_eq!(insert("a", made_by(&admin)).await, Err(refused));
    assert_eq!(insert("a", origin()).await, Ok(()), "an operator may");
    update_organization(&store, &acme, OrganizationUpdate::Enable).await;
    assert_eq!(insert("b", made_by(&admin)).await, Ok(()));
}

/// The key makes projects while it is revoked. Each of them must precede the revocation.
pub async fn an_admin_key_changes_nothing_after_its_revocation(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let (admin, _) = add_admin_key(&store, &acme, "admin").await;
    let before = store.events.revision().await.unwrap();
    let changes: Vec<_> = (0..30)
        .map(|number| {
            let (store, origin) = (store.clone(), made_by(&admin));
            let (id, project) = (acme.id.clone(), project(&format!("p{number}")));
            tokio::spawn(async move { store.projects.insert(&id, project, origin).await.unwrap() })
        })
        .collect();
    revoke(&store, &admin, origin()).await.unwrap();
    let mut made = 0;
    for change in changes {
        match change.await.unwrap() {
            Ok(()) => made += 1,
            Err(refusal) => {
                let revoked = AdministrationRefusal::Key(KeyRejection::Revoked);
                assert_eq!(refusal, revoked);
            }
        }
    }
    let changes = changes_after(&store, before).await;
    assert_eq!(changes.len(), made + 1);
    let last = changes.last().map(Change::kind);
    assert_eq!(last, Some("admin_api_key.deleted"));
}
