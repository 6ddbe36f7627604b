//! Models and views for the tests.

use std::sync::Arc;

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use models_core::{Model, OrganizationId, Revision, Scope, Timestamp};
use models_node::{Newest, RevisionTokens, View as _};

use super::super::View;
use super::super::segment::Form;
use crate::dialects::openai::objects::ModelObject;
use crate::http::coding::Accepted;
use crate::http::representation::{Representation, write_etag};

/// Forms with few models in a segment.
pub(super) static FORMS: [Form; 3] = [Form::parts(1), Form::parts(2), Form::parts(5)];

pub(super) fn model(id: &str, scope: Scope) -> Model {
    let owned_by = match scope {
        Scope::Public => "some\"one",
        Scope::Organization(_) => "organization-owner",
    };
    Model {
        id: id.parse().unwrap(),
        scope,
        created: Timestamp::from_seconds(7),
        owned_by: owned_by.parse().unwrap(),
        shutdown_date: None,
    }
}

pub(super) fn newest(revision: i64) -> Newest {
    Newest {
        revision: Revision(revision),
        token: RevisionTokens::new([7; 16]).present_token(Revision(revision)),
    }
}

pub(super) fn own() -> Scope {
    Scope::Organization(OrganizationId::from_uuid(uuid::Uuid::nil()))
}

pub(super) fn public<'a>(models: impl IntoIterator<Item = &'a Model>) -> Arc<View> {
    let public = models
        .into_iter()
        .filter(|model| model.scope == Scope::Public);
    Arc::new(View::of_public(public, &newest(1)).unwrap())
}

pub(super) fn view<'a>(
    models: impl IntoIterator<Item = &'a Model>,
    public: &Arc<View>,
    form: &'static Form,
) -> View {
    View::render(models.into_iter(), &newest(1), public.clone(), form).unwrap()
}

pub(super) fn etag(bytes: &[u8]) -> HeaderValue {
    let mut etag = vec![];
    write_etag([bytes], &mut etag);
    HeaderValue::from_bytes(&etag).unwrap()
}

pub(super) fn list_of(view: &View) -> Representation {
    view.list().choose(Accepted::default()).0
}

pub(super) fn bytes(view: &View) -> Bytes {
    list_of(view).content.to_bytes()
}

pub(super) fn assert_shows<'a>(
    view: &View,
    models: impl IntoIterator<Item = &'a Model>,
    missing: &str,
) {
    let mut objects = vec![];
    for model in models {
        let shown = view.model(model.id.as_str()).unwrap();
        let object = serde_json::to_string(&ModelObject::from(model)).unwrap();
        assert_eq!(shown.content.to_bytes(), object);
        assert_eq!(shown.etag, etag(object.as_bytes()));
        objects.push(object);
    }
    let list = format!(r#"{{"object":"list","data":[{}]}}"#, objects.join(","));
    assert_eq!(bytes(view), list);
    assert_eq!(list_of(view).etag, etag(list.as_bytes()));
    assert!(view.model(missing).is_none());
}

/// Models with these ids, every second one public.
pub(super) fn mixed(ids: &[&str]) -> Vec<Model> {
    let scopes = [Scope::Public, own()].into_iter().cycle();
    ids.iter()
        .zip(scopes)
        .map(|(id, scope)| model(id, scope))
        .collect()
}

pub(super) fn assert_views_show(models: &[Model], missing: &str) {
    let public = public(models);
    let all_public = models.iter().filter(|model| model.scope == Scope::Public);
    assert_shows(&public, all_public, missing);
    for form in &FORMS {
        assert_shows(&view(models, &public, form), models, missing);
    }
}

pub(super) fn many(count: usize) -> Vec<Model> {
    let id = |number| format!("ft:gpt-4o-mini-2024-07-18:acme-research:exp-{number:06}:AbCdEf12");
    let models = (0..count).map(|number| Model {
        shutdown_date: Some("2027-01-31".parse().unwrap()),
        ..model(&id(number), own())
    });
    models.collect()
}
