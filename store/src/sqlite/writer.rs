//! The one writer: takes all waiting acts, gives each a savepoint, commits them together.
//!
//! One `fdatasync` then serves the whole batch, which is what makes durable fast. Nothing waits to
//! be batched: an act that finds the writer idle is committed alone and at once.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use auth_core::{Fault, Random};
use futures_util::{FutureExt as _, future::BoxFuture};
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::{Tx, record};
use crate::failure::Failure;

/// The way in to the writer task.
pub(super) struct Writer {
    queue: mpsc::Sender<Box<dyn Job>>,
    halted: Arc<AtomicBool>,
    task: Mutex<Option<tokio::task::JoinHandle<()>>>,
    stop: Mutex<Option<oneshot::Sender<()>>>,
}

impl Writer {
    pub(super) fn start(
        conn: super::Conn,
        options: SqliteConnectOptions,
        random: Arc<dyn Random>,
    ) -> Self {
        let (queue, acts) = mpsc::channel(QUEUE);
        let (stop, stopped) = oneshot::channel();
        let halted = Arc::new(AtomicBool::new(false));
        let tx = Tx { conn, events: Vec::new() };
        let work = Work { tx, options, random, halted: Arc::clone(&halted), broken: false };
        let task = tokio::spawn(work.run(acts, stopped));
        Self { queue, halted, task: Mutex::new(Some(task)), stop: Mutex::new(Some(stop)) }
    }

    pub(super) async fn act<T, F>(&self, act: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, Failure>> + Send + 'static,
    {
        if self.is_halted() {
            return Err(Fault::Unavailable);
        }
        let (answer, answered) = oneshot::channel();
        self.queue.try_send(Box::new(Act { act, answer })).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Fault::Busy,
            mpsc::error::TrySendError::Closed(_) => Fault::Unavailable,
        })?;
        answered.await.unwrap_or(Err(Fault::Unavailable))
    }

    /// Whether a write failed in a way that leaves the file's state unknown. Then nothing more is
    /// written until the program is restarted and the file read again.
    pub(super) fn is_halted(&self) -> bool {
        self.halted.load(Ordering::Acquire)
    }

    /// Commits what is waiting and ends the task.
    pub(super) async fn close(&self) {
        self.stop.lock().await.take();
        if let Some(task) = self.task.lock().await.take() {
            let _ = task.await;
        }
    }
}

/// An act waiting for the writer.
trait Job: Send {
    /// Whether the caller has gone away, so that the act need not begin.
    fn is_abandoned(&self) -> bool;
    /// Runs the act; what comes back answers its caller once the commit is known.
    fn run<'t>(self: Box<Self>, tx: &'t mut Tx) -> BoxFuture<'t, Ran>;
    /// Answers without running.
    fn refuse(self: Box<Self>, fault: Fault);
}

/// How an act went, before the commit.
enum Ran {
    /// It may commit; the answer waits for that.
    Done(Box<dyn FnOnce(Result<(), Fault>) + Send>),
    /// It must be undone; its caller has been answered.
    Undo,
}

struct Act<T, F> {
    act: F,
    answer: oneshot::Sender<Result<T, Fault>>,
}

impl<T, F> Job for Act<T, F>
where
    T: Send + 'static,
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, Failure>> + Send + 'static,
{
    fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    fn run<'t>(self: Box<Self>, tx: &'t mut Tx) -> BoxFuture<'t, Ran> {
        Box::pin(async move {
            let Self { act, answer } = *self;
            let ran = AssertUnwindSafe(tokio::time::timeout(ACT_TIME, act(tx))).catch_unwind();
            let fault = match ran.await {
                Ok(Ok(Ok(value))) => {
                    return Ran::Done(Box::new(move |committed| {
                        let _ = answer.send(committed.map(|()| value));
                    }));
                }
                Ok(Ok(Err(failure))) => failure.fault(),
                Ok(Err(_elapsed)) => {
                    tracing::error!("an act took too long and was undone");
                    Fault::Unavailable
                }
                Err(_panic) => {
                    tracing::error!("an act panicked and was undone");
                    Fault::Unavailable
                }
            };
            let _ = answer.send(Err(fault));
            Ran::Undo
        })
    }

    fn refuse(self: Box<Self>, fault: Fault) {
        let _ = self.answer.send(Err(fault));
    }
}

/// What the writer task owns.
struct Work {
    tx: Tx,
    options: SqliteConnectOptions,
    random: Arc<dyn Random>,
    halted: Arc<AtomicBool>,
    /// The connection may be inside a transaction that could not be ended: open a new one.
    broken: bool,
}

type Answers = Vec<Box<dyn FnOnce(Result<(), Fault>) + Send>>;

impl Work {
    async fn run(
        mut self,
        mut acts: mpsc::Receiver<Box<dyn Job>>,
        mut stopped: oneshot::Receiver<()>,
    ) {
        let mut batch: Vec<Box<dyn Job>> = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                taken = acts.recv_many(&mut batch, BATCH) => if taken == 0 { break },
                _ = &mut stopped, if !acts.is_closed() => acts.close(),
            }
            batch.retain(|job| !job.is_abandoned());
            if !batch.is_empty() {
                self.commit_together(&mut batch).await;
            }
        }
        let _ = self.tx.conn.close().await;
    }

    /// Runs and commits a batch, then answers every caller.
    async fn commit_together(&mut self, batch: &mut Vec<Box<dyn Job>>) {
        if self.is_halted() || self.ready().await.is_err() {
            for job in batch.drain(..) {
                job.refuse(Fault::Unavailable);
            }
            return;
        }
        let mut answers = Vec::with_capacity(batch.len());
        let outcome = match self.run_batch(batch, &mut answers).await {
            Ok(()) => Ok(()),
            Err(error) => {
                self.undo_batch(&error).await;
                // Acts that have not begun may be told to come back (another process held the
                // lock); of those that ran, only that they are not known to be kept.
                let fault = Failure::Sql(error).fault();
                for job in batch.drain(..) {
                    job.refuse(fault);
                }
                Err(Fault::Unavailable)
            }
        };
        self.tx.events.clear();
        for answer in answers {
            answer(outcome);
        }
    }

    async fn run_batch(
        &mut self,
        batch: &mut Vec<Box<dyn Job>>,
        answers: &mut Answers,
    ) -> Result<(), sqlx::Error> {
        self.execute("BEGIN IMMEDIATE").await?;
        for job in batch.drain(..) {
            self.execute("SAVEPOINT act").await?;
            let events = self.tx.events.len();
            match job.run(&mut self.tx).await {
                Ran::Done(answer) => answers.push(answer),
                Ran::Undo => {
                    self.tx.events.truncate(events);
                    self.execute("ROLLBACK TO act").await?;
                }
            }
            self.execute("RELEASE act").await?;
        }
        let Tx { conn, events } = &mut self.tx;
        record::insert(conn, events, self.random.as_ref()).await?;
        self.execute("COMMIT").await
    }

    /// After a failed batch nothing of it may stay; and if the disk failed, nothing more may be
    /// written: after a failed `fsync` the kernel may have dropped the dirty pages, and a retry
    /// that succeeds proves nothing.
    async fn undo_batch(&mut self, error: &sqlx::Error) {
        if is_disk_failure(error) {
            tracing::error!(%error, "a write failed; no more writes until restart");
            self.halted.store(true, Ordering::Release);
        }
        if let Err(error) = self.execute("ROLLBACK").await {
            // "No transaction is active" is what SQLite says when it has rolled back by itself.
            tracing::warn!(%error, "rollback after a failed batch; opening a new connection");
            self.broken = true;
        }
    }

    async fn ready(&mut self) -> Result<(), sqlx::Error> {
        if self.broken {
            let conn =
                self.options.connect().await.inspect_err(
                    |error| tracing::error!(%error, "cannot open the database again"),
                )?;
            let old = std::mem::replace(&mut self.tx.conn, conn);
            let _ = old.close().await;
            self.broken = false;
        }
        Ok(())
    }

    async fn execute(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        sqlx::query(sql).execute(&mut self.tx.conn).await.map(drop)
    }

    fn is_halted(&self) -> bool {
        self.halted.load(Ordering::Acquire)
    }
}

/// SQLITE_IOERR with any extended code.
fn is_disk_failure(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == 10)
}

/// Acts that may wait: at a few thousand acts a second this is well under a second's work.
const QUEUE: usize = 1024;
/// Acts committed together: enough to make the sync a small part, few enough that the first of
/// them is not kept waiting.
const BATCH: usize = 256;
/// An act is a handful of statements; one that takes this long holds up everybody.
const ACT_TIME: Duration = Duration::from_secs(5);
