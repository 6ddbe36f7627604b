//! The password of a PostgreSQL database. It may change while the service runs.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as SyncMutex, PoisonError};
use std::time::{Duration, Instant};

use models_core::Occasionally;
use tokio::sync::Mutex;
use tokio::time::sleep;

use super::error::shown;

/// A password. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabasePassword(String);

impl DatabasePassword {
    /// Wraps the text of a password.
    #[must_use]
    pub fn new(password: String) -> Self {
        Self(password)
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DatabasePassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabasePassword(…)")
    }
}

/// The source of the current password.
pub trait PasswordSource: Send + Sync {
    /// Reads the current password, or returns the reason for a failure without any part of the
    /// password. It is called once a second and after each refused authentication, and may block.
    fn read(&self) -> Result<DatabasePassword, String>;
}

/// The interval between two reads of the source.
const POLL: Duration = Duration::from_secs(1);
/// The pause after the server has refused every known password.
const PAUSE: Duration = Duration::from_millis(200);

type Apply = Box<dyn Fn(&DatabasePassword) + Send + Sync>;

/// Gives each new password to the pools, and keeps the previous one. While an operator changes the
/// file and the role, in either order, one of the two is right.
pub(crate) struct Passwords {
    source: Arc<dyn PasswordSource>,
    apply: Apply,
    /// Increases with each password that the pools get.
    generation: AtomicU64,
    known: SyncMutex<Known>,
    /// Held by the acquisition that looks for another password.
    turn: Mutex<()>,
    /// Held while the source is read, even if all callers have stopped waiting. A file that does not
    /// respond must not block one more thread with each read.
    reading: Arc<Mutex<()>>,
    refusals: Occasionally,
    unreadable: Occasionally,
}

struct Known {
    newest: Option<DatabasePassword>,
    before: Option<DatabasePassword>,
    uses_before: bool,
}

/// The number of the password that an acquisition tries.
#[derive(Clone, Copy)]
pub(crate) struct Generation(u64);

impl Passwords {
    /// `apply` gives a password to the pools for new connections; `present` is their current one. A
    /// task polls the source as long as this value exists.
    pub(crate) fn new(
        source: Arc<dyn PasswordSource>,
        present: Option<DatabasePassword>,
        apply: impl Fn(&DatabasePassword) + Send + Sync + 'static,
    ) -> Arc<Self> {
        let passwords = Arc::new(Self {
            source,
            apply: Box::new(apply),
            generation: AtomicU64::new(0),
            known: SyncMutex::new(Known {
                newest: present,
                before: None,
                uses_before: false,
            }),
            turn: Mutex::new(()),
            reading: Arc::default(),
            refusals: Occasionally::default(),
            unreadable: Occasionally::default(),
        });
        let weak = Arc::downgrade(&passwords);
        tokio::spawn(async move {
            loop {
                sleep(POLL).await;
                let Some(passwords) = weak.upgrade() else {
                    return;
                };
                passwords.reload().await;
            }
        });
        passwords
    }

    pub(crate) fn present(&self) -> Generation {
        Generation(self.generation.load(Ordering::Acquire))
    }

    /// Looks for another password after the server has refused this one: the newest of the source,
    /// or the previous one. Returns when a retry makes sense.
    pub(crate) async fn refused(self: &Arc<Self>, tried: Generation, error: &sqlx::Error) {
        if let Some(left_out) = self.refusals.at(Instant::now()) {
            tracing::warn!(
                error = shown(error),
                left_out,
                "the database refuses the password; reading the password file again"
            );
        }
        let _turn = self.turn.lock().await;
        if self.generation.load(Ordering::Acquire) != tried.0 || self.reload().await {
            return;
        }
        if !self.use_other() {
            sleep(PAUSE).await;
        }
    }

    /// Reads the source, and returns whether it had a new password.
    async fn reload(self: &Arc<Self>) -> bool {
        let reading = self.reading.clone().lock_owned().await;
        let source = self.source.clone();
        let read = tokio::task::spawn_blocking(move || {
            let _reading = reading;
            source.read()
        })
        .await;
        match read {
            Ok(Ok(password)) => self.take(password),
            Ok(Err(reason)) => {
                if let Some(left_out) = self.unreadable.at(Instant::now()) {
                    tracing::warn!(
                        reason,
                        left_out,
                        "failed to read the database password; the last known one stays in use"
                    );
                }
                false
            }
            // The runtime is shutting down.
            Err(_) => false,
        }
    }

    fn take(&self, password: DatabasePassword) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.newest.as_ref() == Some(&password) {
            return false;
        }
        let newest = known.newest.take();
        if !known.uses_before {
            known.before = newest;
        }
        known.uses_before = false;
        self.give(&password);
        known.newest = Some(password);
        tracing::info!("the database password has changed; new connections use it");
        true
    }

    /// Switches between the newest password and the previous one. Returns whether the new choice
    /// has not been tried yet.
    fn use_other(&self) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let uses_before = !known.uses_before;
        let other = if uses_before {
            &known.before
        } else {
            &known.newest
        };
        let Some(other) = other else { return false };
        self.give(other);
        known.uses_before = uses_before;
        uses_before
    }

    fn give(&self, password: &DatabasePassword) {
        (self.apply)(password);
        self.generation.fetch_add(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    struct Source(SyncMutex<Result<DatabasePassword, String>>);

    impl PasswordSource for Source {
        fn read(&self) -> Result<DatabasePassword, String> {
            self.0.lock().unwrap().clone()
        }
    }

    fn password(text: &str) -> DatabasePassword {
        DatabasePassword::new(text.to_owned())
    }

    /// A source that responds only when the sender is dropped.
    struct Silent {
        reads: AtomicU64,
        end: SyncMutex<mpsc::Receiver<()>>,
    }

    impl PasswordSource for Silent {
        fn read(&self) -> Result<DatabasePassword, String> {
            self.reads.fetch_add(1, Ordering::AcqRel);
            let _ = self.end.lock().unwrap().recv();
            Err("silent".to_owned())
        }
    }

    #[tokio::test]
    async fn a_source_that_does_not_respond_is_read_once_at_a_time() {
        let (sender, end) = mpsc::channel();
        let source = Arc::new(Silent {
            reads: AtomicU64::new(0),
            end: SyncMutex::new(end),
        });
        let passwords = Passwords::new(source.clone(), None, |_| ());
        for _ in 0..5 {
            let error = sqlx::Error::PoolTimedOut;
            let refused = passwords.refused(passwords.present(), &error);
            let waited = tokio::time::timeout(Duration::from_millis(50), refused).await;
            assert!(waited.is_err());
        }
        assert_eq!(source.reads.load(Ordering::Acquire), 1);
        drop(sender);
    }

    #[tokio::test]
    async fn a_refused_password_is_followed_by_the_newest_and_the_previous_one() {
        let source = Arc::new(Source(SyncMutex::new(Ok(password("one")))));
        let given = Arc::new(SyncMutex::new(vec![]));
        let giving = given.clone();
        let passwords = Passwords::new(source.clone(), Some(password("one")), move |password| {
            giving.lock().unwrap().push(password.expose().to_owned());
        });
        let refuse = async || {
            let error = sqlx::Error::PoolTimedOut;
            passwords.refused(passwords.present(), &error).await;
            std::mem::take(&mut *given.lock().unwrap())
        };
        assert!(refuse().await.is_empty(), "there is no other");
        *source.0.lock().unwrap() = Ok(password("two"));
        assert_eq!(refuse().await, ["two"]);
        assert_eq!(refuse().await, ["one"], "the role may not have changed yet");
        assert_eq!(refuse().await, ["two"]);
        *source.0.lock().unwrap() = Err("gone".to_owned());
        assert_eq!(refuse().await, ["one"]);
        *source.0.lock().unwrap() = Ok(password("three"));
        assert_eq!(refuse().await, ["three"]);
        assert_eq!(refuse().await, ["one"], "the last one that was in use");
        // A refusal of an old password, which was replaced meanwhile, changes nothing.
        let before = passwords.present();
        refuse().await;
        passwords.refused(before, &sqlx::Error::PoolTimedOut).await;
        assert!(given.lock().unwrap().is_empty());
        assert_eq!(format!("{:?}", password("x")), "DatabasePassword(…)");
    }
}
