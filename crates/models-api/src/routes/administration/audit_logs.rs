//! `/v1/organization/audit_logs`.

use actix_web::HttpResponse;
use models_core::{AuditQuery, Order, Page, Revision};

use super::request::AdminRequest;
use crate::dialects::openai::administration::audit_logs::{AuditLogObject, Reader};
use crate::dialects::openai::administration::list::ListObject;
use crate::dialects::openai::error::ApiError;

/// Lists entries, the newest first. `after` continues with older entries, and `before` with newer ones.
pub(super) async fn list(request: AdminRequest) -> Result<HttpResponse, ApiError> {
    let parameters = request.query();
    let mut query = AuditQuery {
        kinds: parameters.values("event_types")?,
        actor_ids: parameters.values("actor_ids")?,
        project_ids: parameters.values("project_ids")?,
        subject_ids: parameters.values("resource_ids")?,
        at: parameters.times()?,
        ..AuditQuery::newest(Some(request.organization_id().clone()), parameters.limit()?)
    };
    // All entries belong to one organization, and no actor has an email address.
    parameters.flag("tenant_only")?;
    let mut selects_nothing = parameters.values("actor_emails")?.is_some();
    let mut revision = |cursor: Option<&str>| {
        let revision = request.revision_of(cursor?);
        selects_nothing |= revision.is_none();
        revision
    };
    query.older_than = revision(parameters.value("after")?);
    query.newer_than = revision(parameters.value("before")?);
    let page = if selects_nothing {
        Page {
            items: vec![],
            next: None,
        }
    } else if query.newer_than.is_some() && query.older_than.is_none() {
        // The entries next to the cursor are its oldest newer ones.
        query.order = Order::Ascending;
        let mut page = request.repositories().audit.list(query).await?;
        page.items.reverse();
        page
    } else {
        request.repositories().audit.list(query).await?
    };
    let list = ListObject::of(page, |entry| {
        let organization_id = entry.organization_id.as_ref();
        let id = request
            .repositories()
            .audit_ids
            .id(organization_id, entry.revision);
        AuditLogObject::new(id, entry, Reader::Administrator)
    });
    request.respond(&list)
}

impl AdminRequest {
    /// The revision of the entry with this id in the log of the administrator's organization.
    fn revision_of(&self, id: &str) -> Option<Revision> {
        let organization_id = Some(self.organization_id());
        self.repositories().audit_ids.revision(organization_id, id)
    }
}
