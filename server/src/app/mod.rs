//! The program put together: every room is given its ports, every route its layers.

mod api;
pub mod audit;
pub mod authority;
mod background;
mod credentials;
mod inventory;
mod oidc;
pub mod seals;

use std::sync::Arc;

use anyhow::{Context, Result};
use auth_core::{
    audit::Sealer, login::SessionReader, port::DocumentVerifier, session::ReadSession,
};
use axum::Router;
use credential::{OnlineVerifier, Registry};
use esign::flow::{Office, Verifier};
use pki::{ca::CertificateAuthority, trust::TrustList};
use tokio::{sync::watch, task::JoinHandle};
use web::{County as CountyName, Shell, ShellConfig};

use oidc_provider::{admin::ClientAdmin, demo::seed_demo_clients};

use crate::{
    demo::{County, relying, stock},
    http::{health, layers, metrics::Metrics},
    kernel::Kernel,
    pages,
};

/// A program ready to serve.
pub struct App {
    /// Store, keystore, vault, directory.
    pub kernel: Kernel,
    /// What pages share.
    pub shell: Shell,
    /// Counts of what happens.
    pub metrics: Metrics,
    oidc: Arc<oidc_provider::Deps>,
    /// The log's sealer.
    pub sealer: Arc<Sealer>,
    /// The authorities.
    pub authority: Arc<CertificateAuthority>,
    trust: TrustList,
    /// The seal flows.
    pub office: Office,
    /// The certificate flows.
    pub registry: Arc<Registry>,
    documents: Verifier,
}

impl App {
    /// Gives every room its ports; makes the keys that are not there yet.
    pub async fn open(kernel: Kernel) -> Result<Self> {
        let sessions: Arc<dyn ReadSession> = Arc::new(SessionReader {
            directory: kernel.directory.clone(),
            sessions: kernel.stores.sessions.clone(),
            idle_seconds: kernel.config.policy.login.idle_seconds,
        });
        let name =
            CountyName { zh_cn: kernel.config.county.clone(), en: kernel.config.county_en.clone() };
        let shell = Shell::new(ShellConfig {
            issuer: kernel.config.issuer.clone(),
            secure_cookies: kernel.config.secure_cookies(),
            form_key: kernel.secret("web-forms").await?,
            clock: kernel.clock.clone(),
            random: kernel.random.clone(),
            sessions,
            demo: kernel.config.demo,
            county: name,
        });
        let oidc = Arc::new(oidc::deps(&kernel, &shell).await.context("identity provider")?);
        let metrics = Metrics::new()?;
        let sealer = audit::sealer(&kernel).await.context("audit log")?;
        let authority = authority::open(&kernel).await.context("certificate authority")?;
        let trust = authority::trust(&kernel, &authority).await?;
        let office = seals::office(&kernel, &authority);
        let registry = credentials::registry(&kernel, &authority, &office).await;
        let registry = Arc::new(registry.context("certificates")?);
        let documents = Verifier::new(seals::beliefs(&authority, &trust).await?);
        Ok(Self {
            kernel,
            shell,
            metrics,
            oidc,
            sealer,
            authority,
            trust,
            office,
            registry,
            documents,
        })
    }

    /// Every route with the layers around it.
    pub fn router(&self) -> Result<Router> {
        let hosts = web::Hosts::new(self.kernel.config.hosts.iter().cloned());
        let guard =
            axum::middleware::from_fn_with_state((self.shell.clone(), hosts), web::host_guard);
        let tokens = oidc_provider::access_tokens(self.oidc.clone());
        let rooms = Router::new()
            .merge(oidc_provider::router(self.oidc.clone()))
            .merge(audit::router(self.kernel.stores.log.clone(), self.sealer.clone()))
            .merge(pki::router(pki::Deps {
                shell: self.shell.clone(),
                authority: self.authority.clone(),
            }))
            .merge(esign::router(esign::Deps {
                shell: self.shell.clone(),
                office: self.office.clone(),
                tokens: tokens.clone(),
                directory: self.kernel.directory.clone(),
            }))
            .merge(credential::router(credential::Deps {
                shell: self.shell.clone(),
                registry: self.registry.clone(),
                tokens: tokens.clone(),
            }))
            .merge(api::router(api::Api {
                shell: self.shell.clone(),
                tokens,
                verifiers: self.verifiers(),
            }))
            .merge(pages::router(self.pages()))
            .merge(web::assets::router())
            .merge(self.demo_app());
        let rooms = pages::with_fallbacks(rooms, self.shell.clone())
            .layer(guard)
            .merge(health::router(self.dependencies(), self.metrics.clone()));
        let redirect = self.kernel.config.demo.then(|| self.shell.issuer().to_owned());
        let dress = axum::middleware::from_fn_with_state(self.shell.clone(), web::dress_errors);
        Ok(layers::wrap(rooms, self.metrics.clone(), redirect).layer(dress))
    }

    /// What exists in the demo only, once: clients, seals, certificates.
    pub async fn settle_demo(&self, county: &County) -> Result<()> {
        let now = self.kernel.clock.now();
        let admin = ClientAdmin { clients: self.kernel.stores.clients.clone() };
        seed_demo_clients(&admin, self.shell.issuer(), now).await?;
        stock::fill(self, county, now).await
    }

    fn demo_app(&self) -> Router {
        if !self.kernel.config.demo {
            return Router::new();
        }
        relying::router(self.shell.clone(), self.oidc.keys.clone())
    }

    fn verifiers(&self) -> Arc<[Arc<dyn DocumentVerifier>]> {
        Arc::new([
            Arc::new(self.documents.clone()),
            Arc::new(OnlineVerifier::new(self.registry.clone())),
        ])
    }

    fn pages(&self) -> pages::Deps {
        let kernel = &self.kernel;
        pages::Deps {
            shell: self.shell.clone(),
            verifiers: self.verifiers(),
            directory: kernel.directory.clone(),
            inventory: Arc::new(inventory::Listed {
                clients: kernel.stores.clients.clone(),
                keystore: kernel.keystore.clone(),
                authority: self.authority.clone(),
                clock: kernel.clock.clone(),
            }),
            audit: Arc::new(audit::Trail {
                log: kernel.stores.log.clone(),
                sealer: self.sealer.clone(),
            }),
        }
    }

    /// Sweepers and renewals, until `stop` turns true.
    pub fn background(&self, stop: watch::Receiver<bool>) -> JoinHandle<()> {
        tokio::spawn(background::run(
            background::Chores {
                kernel: self.kernel.clone(),
                sealer: self.sealer.clone(),
                authority: self.authority.clone(),
                trust: self.trust.clone(),
                office: self.office.clone(),
                registry: self.registry.clone(),
                documents: self.documents.clone(),
                metrics: self.metrics.clone(),
            },
            stop,
        ))
    }

    /// Lets acts under way finish and closes the store.
    pub async fn close(&self) {
        self.kernel.stores.close().await;
    }

    fn dependencies(&self) -> Vec<health::Dependency> {
        let stores = self.kernel.stores.clone();
        let keystore = self.kernel.keystore.clone();
        vec![
            health::Dependency {
                name: "database",
                ask: Box::new(move || {
                    let secrets = stores.secrets.clone();
                    Box::pin(async move { secrets.read("web-forms").await.map(|_| ()) })
                }),
            },
            health::Dependency {
                name: "keystore",
                ask: Box::new(move || {
                    let keystore = keystore.clone();
                    Box::pin(async move { Ok(keystore.list().await.map(|_| ())?) })
                }),
            },
        ]
    }
}
