//! The command line as typed.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Yinxin 印信: sign-in, electronic seals, electronic certificates and proofs for a county.
#[derive(Debug, Parser)]
#[command(name = "yinxin", version, about, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a fictitious county on embedded defaults.
    Demo(DemoArgs),
    /// Run in production.
    Serve(ConfigArgs),
    /// Write a configuration and make the keys.
    Init(InitArgs),
    /// Bring the database schema up.
    Migrate(ConfigArgs),
    /// Check database, cache, keystore, clock, certificates and stored rows; say what to do.
    Doctor(ConfigArgs),
    /// People: add, list, show, disable, enable, roles, passwords.
    User(Verb<UserCommand>),
    /// Organisations: add, list, disable, enable.
    Org(Verb<OrgCommand>),
    /// Applications that sign people in.
    Client(Verb<ClientCommand>),
    /// Seals of organisations (印章).
    Seal(Verb<SealCommand>),
    /// X.509 certificates (数字证书).
    Cert(Verb<CertCommand>),
    /// Electronic certificates (电子证照).
    Credential(Verb<CredentialCommand>),
    /// Seal a file: PDF as PAdES, anything else as detached CMS.
    Sign(SignArgs),
    /// Verify a sealed file, a certificate, a receipt, or a picture of a QR code.
    Verify(VerifyArgs),
    /// Measure this machine and a running demo county.
    Bench(BenchArgs),
    /// Prove the audit log complete, or export it.
    Audit(Verb<AuditCommand>),
}

/// The demo county.
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Keep data here instead of in a temporary directory.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Perform the main job over HTTP, show the evidence, then stop.
    #[arg(long)]
    pub tour: bool,
    /// Family of algorithms.
    #[arg(long, value_enum, default_value = "intl")]
    pub profile: ProfileArg,
    /// Language of what is printed.
    #[arg(long, value_enum)]
    pub lang: Option<LangArg>,
}

/// Family of algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProfileArg {
    /// SM2, SM3, SM4.
    Gm,
    /// P-256, RSA, AES, SHA-2.
    Intl,
}

impl From<ProfileArg> for auth_core::Profile {
    fn from(arg: ProfileArg) -> Self {
        match arg {
            ProfileArg::Gm => Self::Gm,
            ProfileArg::Intl => Self::Intl,
        }
    }
}

/// Language of what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LangArg {
    /// English.
    #[value(name = "en")]
    En,
    /// 简体中文.
    #[value(name = "zh-CN")]
    ZhCn,
}

/// Which configuration.
#[derive(Clone, Debug, Args)]
pub struct ConfigArgs {
    /// The configuration file.
    #[arg(long, global = true, env = "YINXIN_CONFIG", default_value = "/etc/yinxin/yinxin.toml")]
    pub config: PathBuf,
    /// Print JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

/// A first installation.
#[derive(Clone, Debug, Args)]
pub struct InitArgs {
    /// Directory for configuration, keys and data; made if it is not there.
    #[arg(long, default_value = "/etc/yinxin")]
    pub directory: PathBuf,
    /// The address of this service as everybody sees it.
    #[arg(long)]
    pub issuer: String,
    /// Name of the county or body.
    #[arg(long)]
    pub county: String,
    /// Family of algorithms.
    #[arg(long, value_enum, default_value = "intl")]
    pub profile: ProfileArg,
    /// Database URL; default is a SQLite file in the directory.
    #[arg(long)]
    pub database: Option<String>,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8443")]
    pub listen: SocketAddr,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// An administrative verb with its configuration.
#[derive(Debug, Args)]
pub struct Verb<C: Subcommand> {
    /// The act.
    #[command(subcommand)]
    pub act: C,
    /// Which configuration.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Acts on people.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Register a person. The password is read from the terminal or from standard input.
    Add {
        /// User name.
        username: String,
        /// Full name.
        #[arg(long)]
        name: String,
        /// Resident identity number.
        #[arg(long)]
        id_number: Option<String>,
        /// Mobile number.
        #[arg(long)]
        phone: Option<String>,
        /// Identity assurance level.
        #[arg(long, default_value_t = 2)]
        assurance: u8,
        /// The password was chosen by the person: it need not be changed at first sign-in.
        #[arg(long)]
        no_change: bool,
    },
    /// List people.
    List,
    /// Disable an account and end its sessions.
    Disable {
        /// User name.
        username: String,
    },
    /// Enable an account again.
    Enable {
        /// User name.
        username: String,
    },
    /// Set a password; it must be changed at next sign-in.
    Password {
        /// User name.
        username: String,
    },
    /// Give a role.
    Grant {
        /// User name.
        username: String,
        /// The role.
        role: String,
        /// Credit code of the organisation, for roles held in one.
        #[arg(long)]
        org: Option<String>,
    },
    /// Withdraw a role.
    Withdraw {
        /// User name.
        username: String,
        /// The role.
        role: String,
        /// Credit code of the organisation, for roles held in one.
        #[arg(long)]
        org: Option<String>,
    },
    /// Enrol the first administrator of an empty installation.
    Enrol {
        /// User name.
        username: String,
        /// Full name.
        #[arg(long)]
        name: String,
    },
    /// Erase a person: the data key is destroyed, the record of acts stays.
    Erase {
        /// User name.
        username: String,
    },
}

/// Acts on organisations.
#[derive(Debug, Subcommand)]
pub enum OrgCommand {
    /// Add an organisation.
    Add {
        /// Full name, as on its seal.
        name: String,
        /// Unified social credit code.
        #[arg(long)]
        credit_code: String,
        /// A legal person instead of a public body.
        #[arg(long)]
        legal_person: bool,
    },
    /// List organisations.
    List,
    /// Disable an organisation.
    Disable {
        /// Credit code.
        credit_code: String,
    },
    /// Enable an organisation again.
    Enable {
        /// Credit code.
        credit_code: String,
    },
}

/// Acts on applications.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Add an application. Its secret is printed once.
    Add {
        /// Client id.
        id: String,
        /// Name shown to people.
        #[arg(long)]
        name: String,
        /// Redirect URI; may be given several times.
        #[arg(long = "redirect-uri")]
        redirect_uris: Vec<String>,
        /// A public client (single-page or native), without secret.
        #[arg(long)]
        public: bool,
        /// Client credentials only.
        #[arg(long)]
        machine: bool,
        /// Scope; may be given several times.
        #[arg(long = "scope")]
        scopes: Vec<String>,
    },
    /// List applications.
    List,
    /// Disable an application: its tokens end at once.
    Disable {
        /// Client id.
        id: String,
    },
    /// Enable an application again.
    Enable {
        /// Client id.
        id: String,
    },
}

/// Acts on seals.
#[derive(Debug, Subcommand)]
pub enum SealCommand {
    /// Make a seal: its key, its certificate, its picture.
    Make {
        /// Credit code of the organisation.
        #[arg(long)]
        org: String,
        /// Registration number of the seal, 13 digits.
        #[arg(long)]
        number: String,
        /// Text under the star, such as 合同专用章.
        #[arg(long)]
        purpose: Option<String>,
    },
    /// List seals.
    List,
    /// Suspend a seal.
    Suspend {
        /// Seal id.
        id: String,
    },
    /// Let a suspended seal be used again.
    Resume {
        /// Seal id.
        id: String,
    },
    /// Revoke a seal and its certificate for ever.
    Revoke {
        /// Seal id.
        id: String,
    },
    /// Destroy the key of a revoked seal.
    Destroy {
        /// Seal id.
        id: String,
    },
    /// Let an application use a seal through the interface.
    Allow {
        /// Seal id.
        id: String,
        /// Client id.
        client: String,
    },
    /// Take an application's right to a seal away.
    Disallow {
        /// Seal id.
        id: String,
        /// Client id.
        client: String,
    },
}

/// Acts on X.509 certificates.
#[derive(Debug, Subcommand)]
pub enum CertCommand {
    /// List certificates.
    List,
    /// Revoke a certificate.
    Revoke {
        /// Serial number, hexadecimal.
        serial: String,
        /// Id of the authority that issued it.
        #[arg(long, default_value = "issuing")]
        ca: String,
    },
    /// Print the trust file: anchors, authorities between and signers, PEM.
    Anchors,
}

/// Acts on electronic certificates.
#[derive(Debug, Subcommand)]
pub enum CredentialCommand {
    /// List the certificates that an organisation issued, newest first.
    List {
        /// Credit code of the organisation.
        #[arg(long)]
        org: String,
    },
    /// Revoke a certificate.
    Revoke {
        /// Its id.
        id: String,
    },
    /// Write the status snapshot for offline verifiers: one status list token a line.
    Snapshot,
}

/// Acts on the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Prove the log complete and untouched.
    Verify {
        /// An older checkpoint kept elsewhere: finds a database that was rolled back.
        #[arg(long)]
        checkpoint: Option<PathBuf>,
    },
    /// Print every record as JSON lines.
    Export,
    /// Print the current checkpoint, to be kept elsewhere.
    Checkpoint,
}

/// Sealing a file.
#[derive(Debug, Args)]
pub struct SignArgs {
    /// The file.
    pub file: PathBuf,
    /// The seal.
    #[arg(long)]
    pub seal: String,
    /// Where the result goes; default `FILE.sealed.pdf` or `FILE.p7s`.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Which configuration.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Verifying.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// A file, a text that begins with `YX1:` or an address that contains it, or `-`.
    pub input: String,
    /// Further trust anchors and signer certificates, PEM; may be given several times.
    #[arg(long)]
    pub trust: Vec<PathBuf>,
    /// Judge as of this time (RFC 3339).
    #[arg(long)]
    pub at: Option<String>,
    /// Fetch nothing.
    #[arg(long)]
    pub offline: bool,
    /// A status snapshot; may be given several times.
    #[arg(long)]
    pub status: Vec<PathBuf>,
    /// For detached signatures: the content, when it is not beside the signature.
    #[arg(long)]
    pub content: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Measuring.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// The server to load; only addresses of this machine.
    #[arg(long, default_value = "http://localhost:8080")]
    pub url: String,
    /// Seconds per path.
    #[arg(long, default_value_t = 3)]
    pub seconds: u64,
    /// Connections at once.
    #[arg(long, default_value_t = 16)]
    pub connections: usize,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}
