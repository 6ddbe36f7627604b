//! The rendered view of one audience: its own models, and their places between the public models. All audiences share
//! one view of the public models. Requests use it often, so it stays in the processor's caches.

mod rendered;
mod segment;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use foldhash::fast::RandomState;
use models_core::{Model, RepositoryError, Revision, Scope};
use models_node::{MANY_MODELS, Newest};
use tokio::sync::OnceCell;

use self::rendered::{Rendered, Rendering, escaped};
use self::segment::Form;
use crate::dialects::openai::list::{Composition, List};
use crate::http::body::Content;
use crate::http::representation::{Representation, etag_header};
use crate::http::revision::RevisionHeader;

/// All models that one audience sees, rendered.
pub struct View {
    /// The organization's own models. The view of the public models holds the public models here.
    models: Rendered,
    /// `None` in the view of the public models.
    common: Option<Common>,
    newest: Revision,
    /// The revision token of `newest`.
    token: HeaderValue,
    list: OnceLock<Box<List>>,
    /// Set when a long list has been rendered. Requests for the list wait for it without a thread.
    has_rendered: OnceCell<()>,
}

/// The public models in a view.
#[derive(Clone)]
struct Common {
    public: Arc<View>,
    /// The runs of own models between public ones. Each entry is the number of the first own model of a run, and the
    /// number of public models before the run.
    runs: Box<[(u32, u32)]>,
    /// The numbers of public models that the audience does not see, sorted.
    hidden: Box<[u32]>,
}

impl View {
    /// Whether the list is rendered, or short enough to be rendered on the thread of a request.
    pub(crate) fn has_list(&self) -> bool {
        self.list.get().is_some() || !self.has_many()
    }

    /// Renders a long list on another thread, once for all requests that wait for it. Fails if that thread panics.
    pub(crate) async fn render_list(self: &Arc<Self>) -> Result<(), RepositoryError> {
        let view = self.clone();
        // The task goes on when the client of the request that began it disconnects.
        let task = tokio::spawn(async move {
            let render = || {
                let view = view.clone();
                tokio::task::spawn_blocking(move || {
                    view.list();
                })
            };
            view.has_rendered.get_or_try_init(render).await.map(drop)
        });
        let rendered = task.await.and_then(|rendered| rendered);
        rendered.map_err(|error| RepositoryError::Failed(error.into()))
    }

    /// Returns the list object. The first request for a short list renders it. A list of [many](MANY_MODELS) models is
    /// rendered [on another thread](Self::render_list) before.
    pub(crate) fn list(&self) -> &List {
        self.list.get_or_init(|| {
            let content = match &self.common {
                None => Content::Whole(self.models.list()),
                Some(common) => common.list(&self.models),
            };
            Box::new(List::new(content))
        })
    }

    /// Returns the token of the newest revision that the view includes.
    pub(crate) fn revision(&self) -> HeaderValue {
        self.token.clone()
    }

    /// Whether the view has this model.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.place(id).is_some()
    }

    /// Returns the object of this model, if the view has it.
    pub(crate) fn model(&self, id: &str) -> Option<Representation> {
        let (models, number) = self.place(id)?;
        let (object, etag) = models.model(number)?;
        Some(Representation {
            content: Content::Whole(object),
            etag: etag_header(etag),
            coding: None,
        })
    }

    /// The models among which this model is, and its number there.
    fn place(&self, id: &str) -> Option<(&Rendered, u32)> {
        let id = escaped(id);
        let hash = self.models.hash(&id);
        match (self.models.find(hash, &id), &self.common) {
            (Some(number), _) => Some((&self.models, number)),
            (None, Some(common)) => Some((&common.public.models, common.find(hash, &id)?)),
            (None, None) => None,
        }
    }

    fn of(models: Rendered, common: Option<Common>, newest: &Newest) -> Self {
        Self {
            models,
            common,
            newest: newest.revision,
            token: RevisionHeader::from(newest.token).0,
            list: OnceLock::new(),
            has_rendered: OnceCell::new(),
        }
    }

    /// Renders the view of these models. Own models are rendered in segments of this form.
    fn render<'a>(
        models: impl Iterator<Item = &'a Model>,
        newest: &Newest,
        public: Arc<Self>,
        form: &'static Form,
    ) -> Result<Self, RepositoryError> {
        let shared = &public.models;
        let mut own = Rendering::new(form, shared.hasher().clone());
        let (mut runs, mut hidden) = (vec![], vec![]);
        // The number of public models placed so far, and the number placed before the last run.
        let (mut placed, mut before) = (0, None);
        for model in models {
            let found = match model.scope {
                Scope::Organization(_) => None,
                Scope::Public => shared.find_id(model.id.as_str()),
            };
            if let Some(found) = found.filter(|found| *found >= placed) {
                hidden.extend(placed..found);
                placed = found + 1;
                continue;
            }
            if before != Some(placed) {
                runs.push((number(own.count()), placed));
                before = Some(placed);
            }
            own.push(model)?;
        }
        hidden.extend(placed..number(shared.count()));
        let common = Common {
            runs: runs.into(),
            hidden: hidden.into(),
            public,
        };
        Ok(Self::of(own.finish()?, Some(common), newest))
    }

    fn has_many(&self) -> bool {
        let public = self.common.as_ref().map(|common| &common.public.models);
        self.models.count() + public.map_or(0, Rendered::count) > MANY_MODELS
    }
}

impl Common {
    /// Returns the number of this public model, if the audience sees it.
    fn find(&self, hash: u64, id: &[u8]) -> Option<u32> {
        let number = self.public.models.find(hash, id)?;
        let is_hidden = self.hidden.binary_search(&number).is_ok();
        (!is_hidden).then_some(number)
    }

    /// Composes the list of these own models and the public models between them, without copying objects.
    fn list(&self, own: &Rendered) -> Content {
        let public = &self.public.models;
        let mut list = Composition::default();
        let ends = self.runs.iter().skip(1).map(|(first, _)| size(*first));
        let mut before = 0;
        for ((first, public_before), end) in self.runs.iter().zip(ends.chain([own.count()])) {
            self.append_public(before..*public_before, &mut list);
            own.append(size(*first)..end, &mut list);
            before = *public_before;
        }
        self.append_public(before..number(public.count()), &mut list);
        list.into_content()
    }

    fn append_public(&self, range: Range<u32>, list: &mut Composition) {
        let first = self.hidden.partition_point(|hidden| *hidden < range.start);
        let hidden = self.hidden[first..].iter().copied();
        let mut start = range.start;
        for hidden in hidden.take_while(|hidden| *hidden < range.end) {
            self.public.models.append(size(start)..size(hidden), list);
            start = hidden + 1;
        }
        self.public
            .models
            .append(size(start)..size(range.end), list);
    }
}

impl models_node::View for View {
    fn new<'a>(
        models: impl Iterator<Item = &'a Model>,
        newest: &Newest,
        public: Arc<Self>,
    ) -> Result<Self, RepositoryError> {
        Self::render(models, newest, public, &Form::OWN)
    }

    fn of_public<'a>(
        models: impl Iterator<Item = &'a Model>,
        newest: &Newest,
    ) -> Result<Self, RepositoryError> {
        let mut public = Rendering::new(&Form::PUBLIC, RandomState::default());
        for model in models {
            public.push(model)?;
        }
        Ok(Self::of(public.finish()?, None, newest))
    }

    /// Returns `None` if a deleted own model hides a public one with the same id, because the public model then appears
    /// at another place. The next request for the list renders it: most lists are not read between two deletions, and the
    /// follower must not wait for a rendering.
    fn without(&self, ids: &[&str], newest: &Newest) -> Option<Self> {
        let common = self.common.as_ref()?;
        let own = |id: &&str| {
            let hides = common.public.models.find_id(id).is_some();
            self.models.find_id(id).filter(|_| !hides)
        };
        let deleted: Option<Vec<u32>> = ids.iter().map(own).collect();
        let models = self.models.without(deleted?).ok()?;
        Some(Self::of(models, Some(common.clone()), newest))
    }

    fn newest(&self) -> Revision {
        self.newest
    }

    fn size(&self) -> usize {
        let Some(common) = &self.common else { return 0 };
        let runs = size_of_val(&*common.runs);
        let hidden = size_of_val(&*common.hidden);
        // Each run adds a piece of own models and one of public models.
        let pieces = (2 * common.runs.len() + self.models.segments()) * size_of::<Bytes>();
        size_of::<Self>()
            + self.models.weight()
            + runs
            + hidden
            + pieces
            + List::WEIGHT
            + self.spare()
    }

    fn spare(&self) -> usize {
        let list = self.list.get().filter(|_| self.common.is_some());
        list.map_or(0, |list| list.encoded_bytes())
    }

    fn shed(&self) {
        if let Some(list) = self.list.get() {
            list.shed();
        }
    }
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
