//! What goes on without anybody asking: sealing the log, renewing lists, sweeping what is over.

use std::{sync::Arc, time::Duration};

use auth_core::audit::Sealer;
use credential::Registry;
use esign::flow::{Office, Verifier};
use pki::{ca::CertificateAuthority, trust::TrustList};
use tokio::{sync::watch, time::MissedTickBehavior};

use crate::{http::metrics::Metrics, kernel::Kernel};

/// What the chores work on.
pub struct Chores {
    /// Rows and time.
    pub kernel: Kernel,
    /// The log's sealer.
    pub sealer: Arc<Sealer>,
    /// The authorities.
    pub authority: Arc<CertificateAuthority>,
    /// Our anchors.
    pub trust: TrustList,
    /// The seal flows.
    pub office: Office,
    /// The certificate flows, whose lists are renewed.
    pub registry: Arc<Registry>,
    /// The verifier whose lists are renewed.
    pub documents: Verifier,
    /// Where what is wrong is counted.
    pub metrics: Metrics,
}

/// Does the chores until `stop` turns true, and seals the log once more at the end.
pub async fn run(chores: Chores, mut stop: watch::Receiver<bool>) {
    let mut seal = tokio::time::interval(SEAL_EVERY);
    let mut lists = tokio::time::interval(BELIEVE_EVERY);
    let mut renew = tokio::time::interval(RENEW_EVERY);
    seal.set_missed_tick_behavior(MissedTickBehavior::Delay);
    lists.set_missed_tick_behavior(MissedTickBehavior::Delay);
    renew.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stopped(&mut stop) => break,
            _ = seal.tick() => chores.seal().await,
            _ = lists.tick() => chores.believe().await,
            _ = renew.tick() => chores.renew().await,
        }
    }
    chores.seal().await;
}

impl Chores {
    async fn seal(&self) {
        if let Err(error) = self.sealer.seal().await {
            tracing::error!(%error, "the audit log was not sealed; run `yinxin audit verify`");
        }
    }

    /// Our own verifiers see a revocation within seconds.
    async fn believe(&self) {
        match super::seals::beliefs(&self.authority, &self.trust).await {
            Ok(beliefs) => {
                let lists = beliefs.lists.lists().iter().map(|list| list.der());
                self.registry.trust.replace_crls(lists);
                self.documents.believe(beliefs);
            }
            Err(error) => tracing::error!(%error, "revocation lists were not read"),
        }
    }

    async fn renew(&self) {
        let now = self.kernel.clock.now();
        if let Err(error) = self.authority.recover(now).await {
            tracing::error!(%error, "reservations of serial numbers were not given up");
        }
        if let Err(error) = self.authority.refresh_due(now).await {
            tracing::error!(%error, "revocation lists were not renewed");
        }
        if let Err(error) = esign::flow::sweep(&self.office, now).await {
            tracing::error!(%error, "documents were not swept");
        }
        match esign::flow::open_intents(&self.office, now).await {
            Ok(open) => {
                let count = i64::try_from(open.len()).unwrap_or(i64::MAX);
                self.metrics.open_seal_intents(count);
            }
            Err(error) => tracing::error!(%error, "open sealings were not counted"),
        }
        if let Err(error) = self.kernel.stores.sweep(now).await {
            tracing::error!(%error, "expired rows were not swept");
        }
    }
}

/// Ends when `stop` turns true, or when nobody is left to say so.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// A record waits this long for its leaf.
const SEAL_EVERY: Duration = Duration::from_secs(1);
/// A revocation is seen by our own verifiers after this long.
const BELIEVE_EVERY: Duration = Duration::from_secs(5);
/// Lists are renewed at half of their life, which is days.
const RENEW_EVERY: Duration = Duration::from_secs(60);
