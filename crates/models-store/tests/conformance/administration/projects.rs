use models_core::{
    AdministrationRefusal, Change, KeyRejection, Origin, PolicyMode, Project, RepositoryError,
    Suspension, Timestamp,
};

use crate::Store;
use crate::fixtures::administration::{
    access, account, add_account, add_key_of, add_project, changes_after, key_of, policy, project,
    whole,
};
use crate::fixtures::{NOW, add_organization, organization, origin};

pub async fn a_project_is_inserted_renamed_and_archived(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let before = store.events.revision().await.unwrap();
    let project = add_project(&store, &acme, "p").await;
    let found = store.projects.find(&acme.id, &project.id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&project));

    let renamed = Project {
        name: "another name".parse().unwrap(),
        ..project.clone()
    };
    // The second call changes nothing.
    for _ in 0..2 {
        let name = renamed.name.clone();
        let rename = store.projects.rename(&acme.id, &project.id, name, origin());
        assert_eq!(rename.await.unwrap(), Ok(renamed.clone()));
    }
    let archived = Project {
        archived_at: Some(NOW),
        ..renamed.clone()
    };
    for seconds in [0, 60] {
        let later = Origin {
            at: Timestamp::from_seconds(NOW.seconds() + seconds),
            ..origin()
        };
        let archive = store.projects.archive(&acme.id, &project.id, later);
        assert_eq!(archive.await.unwrap(), Ok(archived.clone()));
    }
    let found = store.projects.find(&acme.id, &project.id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&archived));

    let organization_id = acme.id.clone();
    let expected = [
        Change::ProjectCreated {
            organization_id: organization_id.clone(),
            project: project.clone(),
        },
        Change::ProjectUpdated {
            organization_id: organization_id.clone(),
            before: project,
            after: renamed,
        },
        Change::ProjectArchived {
            organization_id,
            project: archived,
        },
    ];
    assert_eq!(changes_after(&store, before).await, expected);
}

pub async fn archived_projects_are_listed_on_request(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let first = add_project(&store, &acme, "z").await;
    let second = add_project(&store, &acme, "a").await;
    let archive = store.projects.archive(&acme.id, &first.id, origin());
    archive.await.unwrap().unwrap();
    let default = acme.default_project.id.as_str();
    for (include_archived, expected) in [
        (true, vec![default, first.id.as_str(), second.id.as_str()]),
        (false, vec![default, second.id.as_str()]),
    ] {
        let listed = store.projects.list(&acme.id, whole(), include_archived);
        let listed = listed.await.unwrap();
        let ids: Vec<&str> = listed.items.iter().map(|item| item.id.as_str()).collect();
        assert_eq!(ids, expected);
        let defaults = listed.items.iter().map(|item| item.is_default);
        assert_eq!(defaults.filter(|is_default| *is_default).count(), 1);
        assert_eq!(listed.next, None);
    }
}

pub async fn an_id_of_a_project_is_used_once(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let other = add_organization(&store, "other").await;
    let taken = add_project(&store, &acme, "p").await;
    let archive = store.projects.archive(&acme.id, &taken.id, origin());
    archive.await.unwrap().unwrap();
    let before = store.events.revision().await.unwrap();
    for organization in [&acme, &other] {
        let inserted = store
            .projects
            .insert(&organization.id, project("p"), origin());
        let refused = inserted.await;
        assert!(
            matches!(refused, Err(RepositoryError::AlreadyExists)),
            "{refused:?}"
        );
    }
    let nowhere = organization("nowhere");
    let inserted = store.projects.insert(&nowhere.id, project("q"), origin());
    assert_eq!(
        inserted.await.unwrap(),
        Err(AdministrationRefusal::NotFound)
    );
    assert_eq!(store.events.revision().await.unwrap(), before);
}

pub async fn the_default_project_is_neither_renamed_nor_archived(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let id = &acme.default_project.id;
    let before = store.events.revision().await.unwrap();
    let refused = Err(AdministrationRefusal::DefaultProject);
    let name = "another name".parse().unwrap();
    let rename = store.projects.rename(&acme.id, id, name, origin());
    assert_eq!(rename.await.unwrap(), refused);
    let archive = store.projects.archive(&acme.id, id, origin());
    assert_eq!(archive.await.unwrap(), refused);
    assert_eq!(store.events.revision().await.unwrap(), before);
    let found = store.projects.find(&acme.id, id).await.unwrap().unwrap();
    assert!(found.is_default && found.archived_at.is_none());
    assert_eq!(found.name, acme.default_project.name);
}

pub async fn an_archived_project_stays_as_it_is(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let project = add_project(&store, &acme, "p").await;
    let existing = add_account(&store, &acme, &project.id, "existing").await;
    let archive = store.projects.archive(&acme.id, &project.id, origin());
    archive.await.unwrap().unwrap();
    let before = store.events.revision().await.unwrap();

    let archived = AdministrationRefusal::Archived;
    let name = "another name".parse().unwrap();
    let rename = store.projects.rename(&acme.id, &project.id, name, origin());
    assert_eq!(rename.await.unwrap().unwrap_err(), archived);
    for policy in [None, Some(policy(PolicyMode::DenyList, &["a"]))] {
        let set = store
            .projects
            .set_policy(&acme.id, &project.id, policy, origin());
        assert_eq!(set.await.unwrap().unwrap_err(), archived);
    }
    let new = account(&acme, &project.id, "new");
    for key in [None, Some(key_of(&acme, &new))] {
        let inserted = store.service_accounts.insert(new.clone(), key, origin());
        assert_eq!(inserted.await.unwrap().unwrap_err(), archived);
    }
    let (key, digest) = key_of(&acme, &existing);
    let inserted = store.api_keys.insert(key, digest, origin());
    assert_eq!(inserted.await.unwrap().unwrap_err(), archived);
    assert_eq!(store.events.revision().await.unwrap(), before);
}

pub async fn the_keys_of_an_archived_project_are_suspended(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let archived = add_project(&store, &acme, "p").await;
    let account_of = async |project, id| {
        let account = add_account(&store, &acme, project, id).await;
        add_key_of(&store, &acme, &account).await.1
    };
    let suspended = account_of(&archived.id, "one").await;
    let valid = account_of(&acme.default_project.id, "two").await;
    assert!(access(&store, &suspended).await.principal(NOW).is_ok());
    let archive = store.projects.archive(&acme.id, &archived.id, origin());
    archive.await.unwrap().unwrap();
    let rejection = KeyRejection::Suspended(Suspension::ProjectArchived);
    assert_eq!(
        access(&store, &suspended).await.principal(NOW),
        Err(rejection)
    );
    assert!(access(&store, &valid).await.principal(NOW).is_ok());
}
