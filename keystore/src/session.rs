//! One module loaded once, one token, one login; sessions that come back after they are lost.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use auth_core::key::KeyError;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;

use crate::Pkcs11Config;

/// The token, as all sessions share it.
pub(crate) struct Token {
    pub(crate) module: Pkcs11,
    config: Pkcs11Config,
    /// Set when the PIN was refused: nobody asks again until an operator restarts the program.
    locked: AtomicBool,
    /// Held while logging in, so that two threads never use two attempts on one bad PIN.
    login: Mutex<()>,
}

/// What an operation on a session can end with.
pub(crate) enum Trouble {
    /// The device said so.
    Device(Error),
    /// We say so.
    Key(KeyError),
}

impl Token {
    /// Loads the module; logs in nowhere yet.
    pub(crate) fn new(config: Pkcs11Config) -> Result<Self, KeyError> {
        let module = load(&config.module)?;
        Ok(Self { module, config, locked: AtomicBool::new(false), login: Mutex::new(()) })
    }

    /// The slot that holds the configured token now. Slots may be renumbered when a token returns.
    pub(crate) fn slot(&self) -> Result<Slot, Trouble> {
        let mut found = Vec::new();
        for slot in self.module.get_slots_with_token()? {
            let info = self.module.get_token_info(slot)?;
            let wanted = (self.config.token.is_empty() || info.label() == self.config.token)
                && self.config.serial.as_ref().is_none_or(|serial| info.serial_number() == serial);
            if wanted && info.token_initialized() {
                found.push(slot);
            }
        }
        match found.as_slice() {
            [slot] => Ok(*slot),
            [] => Err(unavailable(&format!("no token {:?}", self.config.token))),
            _ => Err(unavailable(&format!(
                "several tokens {:?}: add their serial number",
                self.config.token
            ))),
        }
    }

    /// A read-write session, logged in. It is not closed when dropped: the handle of a session that
    /// is gone may belong to another by now.
    fn connect(&self) -> Result<Session, Trouble> {
        let slot = match self.slot() {
            // Another library in this process finalised the module, or we are a forked child.
            Err(Trouble::Device(Error::Pkcs11(RvError::CryptokiNotInitialized, _))) => {
                initialise(&self.module)?;
                self.slot()?
            }
            other => other?,
        };
        let session = self.module.open_rw_session_no_drop(slot)?;
        match self.log_in(&session) {
            Ok(()) => Ok(session),
            Err(trouble) => {
                let _ = session.close();
                Err(trouble)
            }
        }
    }

    fn log_in(&self, session: &Session) -> Result<(), Trouble> {
        let _one_at_a_time = self.login.lock().unwrap_or_else(PoisonError::into_inner);
        self.refuse_if_locked()?;
        let pin = AuthPin::from(self.config.pin.as_str());
        match session.login(UserType::User, Some(&pin)) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
            Err(Error::Pkcs11(error, _)) if refuses_pin(error) => {
                self.locked.store(true, Ordering::SeqCst);
                tracing::error!(
                    token = self.config.token, %error,
                    "keystore PIN refused: no further attempt until an operator restarts this"
                );
                Err(Trouble::Key(KeyError::Locked))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn refuse_if_locked(&self) -> Result<(), KeyError> {
        if self.locked.load(Ordering::SeqCst) { Err(KeyError::Locked) } else { Ok(()) }
    }
}

/// One session, remade when it is lost.
pub(crate) struct Link {
    token: Arc<Token>,
    session: Option<Session>,
}

impl Link {
    pub(crate) const fn new(token: Arc<Token>) -> Self {
        Self { token, session: None }
    }

    /// Does `work` on a live session. If the session turns out lost, `forget` is called (handles
    /// are stale), the session is remade and `work` done once more; a second loss is an error.
    /// A signature that was under way is thrown away by the device, so none is made twice.
    pub(crate) fn run<T>(
        &mut self,
        forget: impl Fn(),
        work: impl Fn(&Session) -> Result<T, Trouble>,
    ) -> Result<T, KeyError> {
        self.token.refuse_if_locked()?;
        let mut again = true;
        loop {
            let result = match &self.session {
                Some(session) => work(session),
                None => match self.token.connect() {
                    Ok(session) => {
                        let result = work(&session);
                        self.session = Some(session);
                        result
                    }
                    Err(trouble) => Err(trouble),
                },
            };
            let trouble = match result {
                Ok(value) => return Ok(value),
                Err(trouble) => trouble,
            };
            let Some(loss) = trouble.loss() else { return Err(trouble.into()) };
            if let Some(session) = self.session.take()
                && loss == Loss::Unwell
            {
                let _ = session.close();
            }
            forget();
            if !std::mem::take(&mut again) {
                return Err(trouble.into());
            }
            tracing::warn!("keystore session lost, logging in once more");
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            let _ = session.close();
        }
    }
}

/// How a session was lost.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Loss {
    /// It is not there any more.
    Gone,
    /// It is there, but of no use: logged out, stuck, or its handles of keys are stale.
    Unwell,
}

impl Trouble {
    /// Whether a new session may help.
    const fn loss(&self) -> Option<Loss> {
        let Self::Device(Error::Pkcs11(code, _)) = self else { return None };
        match code {
            RvError::CryptokiNotInitialized
            | RvError::DeviceRemoved
            | RvError::SessionClosed
            | RvError::SessionHandleInvalid
            | RvError::TokenNotPresent => Some(Loss::Gone),
            RvError::DeviceError
            | RvError::KeyHandleInvalid
            | RvError::ObjectHandleInvalid
            | RvError::OperationActive
            | RvError::OperationNotInitialized
            | RvError::UserNotLoggedIn => Some(Loss::Unwell),
            _ => None,
        }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Device(error)
    }
}

impl From<KeyError> for Trouble {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl From<Trouble> for KeyError {
    fn from(trouble: Trouble) -> Self {
        let error = match trouble {
            Trouble::Key(error) => return error,
            Trouble::Device(error) => error,
        };
        match &error {
            Error::Pkcs11(rv, _) => match rv {
                RvError::ActionProhibited
                | RvError::AttributeReadOnly
                | RvError::DataInvalid
                | RvError::DataLenRange
                | RvError::EncryptedDataInvalid
                | RvError::EncryptedDataLenRange
                | RvError::KeyFunctionNotPermitted
                | RvError::KeyTypeInconsistent
                | RvError::TemplateInconsistent => Self::Refused(error.to_string()),
                RvError::CurveNotSupported
                | RvError::DomainParamsInvalid
                | RvError::FunctionNotSupported
                | RvError::KeySizeRange
                | RvError::MechanismInvalid
                | RvError::MechanismParamInvalid => Self::Unsupported(error.to_string()),
                rv if refuses_pin(*rv) => Self::Locked,
                _ => Self::Unavailable(error.to_string()),
            },
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

const fn refuses_pin(error: RvError) -> bool {
    matches!(
        error,
        RvError::PinExpired
            | RvError::PinIncorrect
            | RvError::PinInvalid
            | RvError::PinLenRange
            | RvError::PinLocked
            | RvError::UserPinNotInitialized
    )
}

/// Modules stay loaded and initialised to the end of the process: PKCS#11 has one state per
/// process, and unloading a library with threads in it is unsound.
fn load(path: &Path) -> Result<Pkcs11, KeyError> {
    static LOADED: Mutex<Option<HashMap<PathBuf, Pkcs11>>> = Mutex::new(None);
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let loaded = loaded.get_or_insert_default();
    if let Some(module) = loaded.get(path) {
        return Ok(module.clone());
    }
    let unavailable =
        |error: Error| KeyError::Unavailable(format!("module {}: {error}", path.display()));
    let module = Pkcs11::new(path).map_err(unavailable)?;
    initialise(&module).map_err(unavailable)?;
    loaded.insert(path.to_owned(), module.clone());
    Ok(module)
}

fn initialise(module: &Pkcs11) -> Result<(), Error> {
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
        Err(error) => Err(error),
    }
}

fn unavailable(detail: &str) -> Trouble {
    Trouble::Key(KeyError::Unavailable(detail.to_owned()))
}
