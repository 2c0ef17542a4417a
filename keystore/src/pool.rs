//! A bounded queue before a few threads, each with its own session.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use auth_core::key::KeyError;
use tokio::sync::{mpsc, oneshot};

use crate::session::{Link, Token};

/// Threads that talk to the device, so that no async worker ever waits for it.
pub(crate) struct Pool {
    queue: mpsc::Sender<Job>,
}

type Job = Box<dyn FnOnce(&mut Link) + Send>;

impl Pool {
    /// Starts `sessions` threads. They end when the pool is dropped.
    pub(crate) fn start(
        token: &Arc<Token>,
        sessions: usize,
        queue: usize,
    ) -> Result<Self, KeyError> {
        let (queue, jobs) = mpsc::channel(queue.max(1));
        let jobs = Arc::new(Mutex::new(jobs));
        for number in 0..sessions.max(1) {
            let (jobs, token) = (jobs.clone(), token.clone());
            std::thread::Builder::new()
                .name(format!("pkcs11-{number}"))
                .spawn(move || work(&jobs, &token))
                .map_err(|error| KeyError::Unavailable(error.to_string()))?;
        }
        Ok(Self { queue })
    }

    /// Runs `job` on one of the threads. [`KeyError::Busy`] if the queue is full or the deadline
    /// passes; a job whose caller has gone is skipped when its turn comes.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        deadline: Duration,
        job: impl FnOnce(&mut Link) -> Result<T, KeyError> + Send + 'static,
    ) -> Result<T, KeyError> {
        let (answer, result) = oneshot::channel();
        let job: Job = Box::new(move |link| {
            if !answer.is_closed() {
                let _ = answer.send(job(link));
            }
        });
        self.queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => KeyError::Busy,
            mpsc::error::TrySendError::Closed(_) => stopped(),
        })?;
        match tokio::time::timeout(deadline, result).await {
            Err(_) => Err(KeyError::Busy),
            Ok(Err(_)) => Err(stopped()),
            Ok(Ok(result)) => result,
        }
    }
}

fn work(jobs: &Mutex<mpsc::Receiver<Job>>, token: &Arc<Token>) {
    let mut link = Link::new(token.clone());
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(job) = next else { return };
        if catch_unwind(AssertUnwindSafe(|| job(&mut link))).is_err() {
            tracing::error!("a keystore operation panicked; its session is given up");
            link = Link::new(token.clone());
        }
    }
}

fn stopped() -> KeyError {
    KeyError::Unavailable("keystore thread stopped".to_owned())
}
