//! Password hashing off the request path: a bounded number of threads, a bounded queue.
//!
//! Argon2 takes tens of milliseconds and tens of MiB; unbounded, two hundred parallel logins would
//! stop everything else (row 56 of the attack table).

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use auth_core::{
    Fault, Random,
    password::{self, HashCost, HashPool},
};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// [`HashPool`] on the runtime's blocking threads.
pub struct BoundedHashPool {
    cost: HashCost,
    running: Semaphore,
    waiting: AtomicUsize,
    queue: usize,
    random: Arc<dyn Random>,
}

impl BoundedHashPool {
    /// A pool that hashes `threads` passwords at once and lets `queue` more wait.
    pub fn new(cost: HashCost, threads: usize, queue: usize, random: Arc<dyn Random>) -> Self {
        let running = Semaphore::new(threads.max(1));
        Self { cost, running, waiting: AtomicUsize::new(0), queue, random }
    }

    async fn run<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let permit = match self.running.try_acquire() {
            Ok(permit) => permit,
            Err(_) => {
                let _place = Place::take(&self.waiting, self.queue)?;
                self.running.acquire().await.map_err(|_| Fault::Unavailable)?
            }
        };
        let answer = tokio::task::spawn_blocking(work).await.map_err(|error| {
            tracing::error!(%error, "password hashing died");
            Fault::Unavailable
        });
        drop(permit);
        answer
    }
}

#[async_trait]
impl HashPool for BoundedHashPool {
    async fn hash(&self, password: Zeroizing<String>) -> Result<String, Fault> {
        let salt = self.random.bytes::<16>();
        let cost = self.cost;
        let hashed = self.run(move || password::hash(&password, &salt, cost)).await?;
        hashed.ok_or(Fault::Unavailable)
    }

    async fn matches(
        &self,
        password: Zeroizing<String>,
        verifier: Zeroizing<String>,
    ) -> Result<bool, Fault> {
        self.run(move || password::matches(&password, &verifier)).await
    }
}

/// A place in the queue, given back when dropped, be it by a request that was cancelled.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, queue: usize) -> Result<Self, Fault> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::AcqRel) < queue { Ok(place) } else { Err(Fault::Busy) }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;
    impl Random for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(7);
        }
    }

    /// Row 56: what does not fit into the queue is told so at once.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_full_queue_answers_busy() {
        let cost = HashCost { memory_kib: 8, iterations: 1, parallelism: 1 };
        let pool = Arc::new(BoundedHashPool::new(cost, 1, 2, Arc::new(Fixed)));
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let first = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(move || wait.recv().is_ok()).await }
        });
        while pool.running.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let queued: Vec<_> = (0..2)
            .map(|_| {
                let pool = pool.clone();
                tokio::spawn(async move { pool.hash(Zeroizing::new("password".into())).await })
            })
            .collect();
        while pool.waiting.load(Ordering::Acquire) < 2 {
            tokio::task::yield_now().await;
        }
        for _ in 0..200 {
            let answer = pool.hash(Zeroizing::new("password".into())).await;
            assert_eq!(answer, Err(Fault::Busy));
        }
        go.send(()).unwrap();
        assert!(first.await.unwrap().unwrap());
        for one in queued {
            let verifier = one.await.unwrap().unwrap();
            let right = pool.matches(Zeroizing::new("password".into()), verifier.into()).await;
            assert_eq!(right, Ok(true));
        }
    }
}
