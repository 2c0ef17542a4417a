//! A database for each test: a SQLite file, or a database in a private PostgreSQL cluster.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use sqlx::{Connection as _, PgConnection, SqliteConnection};
use store::Stores;

/// Runs an async test function `fn(Database)` on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($($(#[$attribute:meta])* $name:ident),+ $(,)?) => {
        mod on_sqlite {
            $($(#[$attribute])* #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::database::Database::sqlite().await).await;
            })+
        }
        mod on_postgres {
            $($(#[$attribute])* #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(database) = $crate::database::Database::postgres().await {
                    super::$name(database).await;
                }
            })+
        }
    };
}
pub(crate) use on_both;

/// An open store on a database of its own.
pub struct Database {
    pub stores: Stores,
    pub url: String,
    _folder: Option<tempfile::TempDir>,
}

impl Database {
    /// A fresh file, not synchronised: only crash tests need that.
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}?synchronous=off", folder.path().join("t.db").display());
        Self::open(url, Some(folder)).await
    }

    /// A fresh file with production's durability.
    pub async fn sqlite_durable() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("t.db").display());
        Self::open(url, Some(folder)).await
    }

    /// A fresh database in the cluster; `None`, with the reason printed, without PostgreSQL.
    pub async fn postgres() -> Option<Self> {
        let url = fresh_postgres_url().await?;
        Some(Self::open(url, None).await)
    }

    async fn open(url: String, folder: Option<tempfile::TempDir>) -> Self {
        let stores = store::open(&url, Arc::new(hsm_sim::OsRandom)).await.unwrap();
        stores.migrate().await.unwrap();
        Self { stores, url, _folder: folder }
    }

    /// A second node on the same database.
    pub async fn again(&self) -> Stores {
        store::open(&self.url, Arc::new(hsm_sim::OsRandom)).await.unwrap()
    }

    pub fn is_sqlite(&self) -> bool {
        self.url.starts_with("sqlite:")
    }

    /// Runs SQL behind the program's back, `X'…'` literals translated.
    pub async fn sql(&self, sql: &str) {
        if self.is_sqlite() {
            let mut conn = self.sqlite_conn().await;
            let sql = sqlx::AssertSqlSafe(sql);
            sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
            conn.close().await.unwrap();
        } else {
            let mut conn = PgConnection::connect(&self.url).await.unwrap();
            let sql = sqlx::AssertSqlSafe(sql.replace("X'", "'\\x"));
            sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
            conn.close().await.unwrap();
        }
    }

    /// One integer.
    pub async fn count(&self, sql: &'static str) -> i64 {
        if self.is_sqlite() {
            let mut conn = self.sqlite_conn().await;
            sqlx::query_scalar(sql).fetch_one(&mut conn).await.unwrap()
        } else {
            let mut conn = PgConnection::connect(&self.url).await.unwrap();
            sqlx::query_scalar(sql).fetch_one(&mut conn).await.unwrap()
        }
    }

    async fn sqlite_conn(&self) -> SqliteConnection {
        let (path, _) = self.url.split_once('?').unwrap_or((&self.url, ""));
        SqliteConnection::connect(path).await.unwrap()
    }
}

/// The URL of a new, empty database.
pub async fn fresh_postgres_url() -> Option<String> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let cluster = cluster()?;
    let name = format!("t{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut admin = connect(&cluster.url("postgres")).await;
    let sql = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::raw_sql(sql).execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    Some(cluster.url(&name))
}

/// The cluster may still be starting.
async fn connect(url: &str) -> PgConnection {
    for _ in 0..300 {
        if let Ok(conn) = PgConnection::connect(url).await {
            return conn;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("PostgreSQL at {url} did not come up");
}

struct Cluster {
    /// With `DB` where the name of the database belongs.
    template: String,
    /// Its standard input ends with this process; then the shell around it stops the server and
    /// removes the folder.
    _shell: Option<Child>,
}

impl Cluster {
    fn url(&self, database: &str) -> String {
        self.template.replacen("DB", database, 1)
    }
}

fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    CLUSTER
        .get_or_init(|| {
            if let Ok(url) = std::env::var("YINXIN_TEST_POSTGRES") {
                let (server, rest) = url.rsplit_once('/').unwrap();
                let options = rest.split_once('?').map_or(String::new(), |(_, o)| format!("?{o}"));
                return Some(Cluster { template: format!("{server}/DB{options}"), _shell: None });
            }
            let binaries = binaries().or_else(|| {
                eprintln!("skipped: no PostgreSQL in /usr/lib/postgresql, no YINXIN_TEST_POSTGRES");
                None
            })?;
            Some(start(&binaries))
        })
        .as_ref()
}

fn binaries() -> Option<PathBuf> {
    let mut versions: Vec<_> = fs::read_dir("/usr/lib/postgresql").ok()?.flatten().collect();
    versions.sort_by_key(|entry| entry.file_name().to_string_lossy().parse().unwrap_or(0_u32));
    let path = versions.pop()?.path().join("bin");
    path.join("initdb").exists().then_some(path)
}

/// A cluster on a unix socket in a temporary folder; as user `postgres` when we are root, since
/// the server refuses to run as root.
fn start(binaries: &Path) -> Cluster {
    let folder = tempfile::Builder::new().prefix("yinxin-pg").tempdir_in("/tmp").unwrap().keep();
    let is_root =
        fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    let mut command = if is_root {
        assert!(Command::new("chown").arg("postgres").arg(&folder).status().unwrap().success());
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "postgres", "--regid", "postgres", "--clear-groups", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    let shell = command
        .args(["-c", SCRIPT, "sh"])
        .arg(binaries)
        .arg(&folder)
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let template = format!("postgres://yinxin@localhost/DB?host={}", folder.display());
    Cluster { template, _shell: Some(shell) }
}

const SCRIPT: &str = r#"
"$1/initdb" -D "$2/data" -A trust -U yinxin -E UTF8 --locale=C >"$2/log" 2>&1
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c max_connections=300 \
    </dev/null >>"$2/log" 2>&1 &
server=$!
cat >/dev/null
kill -QUIT $server
wait $server
rm -rf "$2"
"#;
