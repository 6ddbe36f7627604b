//! The steps of a read, and what they have found.

use std::sync::Arc;

use actix_http::Response;
use actix_http::body::BoxBody;
use models_core::Audience;
use models_node::{HeldLease, Released};

use crate::access::rate_limit::Allowance;
use crate::access::session::Session;
use crate::dialects::openai::view::View;
use crate::http::revision::RevisionHeader;

/// A response and the session that it is for.
pub(crate) struct Reply {
    pub(crate) session: Arc<Session>,
    pub(crate) allowance: Option<Allowance>,
    pub(crate) response: Response<BoxBody>,
}

/// The result of a step.
pub(super) enum Step {
    Ready(Released<Reply>),
    /// Memory lacks the session of the key.
    NeedsSession,
    /// The request demands a minimum revision.
    NeedsFreshness,
    /// Memory lacks the view of this session.
    NeedsView(Arc<Session>),
    /// The view of this session, read under this lease, lacks its list, which is too long for this thread.
    NeedsList(HeldLease, Arc<Session>, Arc<View>),
}

/// The results of earlier steps of the same read.
#[derive(Default)]
pub(super) struct Progress {
    /// The loaded session, and the lease under which it was loaded.
    pub(super) session: Option<(HeldLease, Arc<Session>)>,
    pub(super) view: Option<(HeldLease, Audience, Arc<View>)>,
    /// The result of the rate limit, which counts each request once.
    pub(super) allowance: Option<Allowance>,
    pub(super) is_fresh: bool,
    /// The session and the revision for the headers of a refusal.
    pub(super) refused: Option<Arc<Session>>,
    pub(super) revision: Option<RevisionHeader>,
}
