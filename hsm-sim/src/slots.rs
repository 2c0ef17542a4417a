//! A directory of tokens, each in a slot of its own: `DIR/slot-0`, `DIR/slot-1`, …

use std::fs;
use std::path::{Path, PathBuf};

use auth_core::Random;

use crate::TokenError;
use crate::files::{self, Lock};
use crate::slot::Slot;

/// The tokens under one directory.
#[derive(Clone, Debug)]
pub struct Slots {
    dir: PathBuf,
}

impl Slots {
    /// The slots under `dir`, which is made if it is not there, for its owner only.
    pub fn open(dir: &Path) -> Result<Self, TokenError> {
        files::make_dir(dir)?;
        Ok(Self { dir: dir.to_owned() })
    }

    /// Every token with its slot number, in order of number.
    pub fn tokens(&self) -> Result<Vec<(u32, Slot)>, TokenError> {
        let io = |source| TokenError::Io { path: self.dir.clone(), source };
        let mut tokens = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(io)? {
            let entry = entry.map_err(io)?;
            let name = entry.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.parse().ok());
            if let Some(number) = number
                && let Some(slot) = Slot::open(&entry.path())?
            {
                tokens.push((number, slot));
            }
        }
        tokens.sort_unstable_by_key(|(number, _)| *number);
        Ok(tokens)
    }

    /// The token of this label.
    pub fn find(&self, label: &str) -> Result<Slot, TokenError> {
        for (_, slot) in self.tokens()? {
            if slot.info()?.label == label {
                return Ok(slot);
            }
        }
        Err(TokenError::Missing(format!("token {label} in {}", self.dir.display())))
    }

    /// Makes a token in the first free slot. Its label must be new here.
    pub fn create(
        &self,
        label: &str,
        so_pin: &[u8],
        user_pin: Option<&[u8]>,
        random: &dyn Random,
    ) -> Result<(u32, Slot), TokenError> {
        let _held = Lock::exclusive(&self.dir)?;
        let tokens = self.tokens()?;
        for (_, slot) in &tokens {
            if slot.info()?.label == label {
                return Err(TokenError::Exists(format!("token {label}")));
            }
        }
        let number = (0..SLOTS_MAX)
            .find(|number| tokens.iter().all(|(taken, _)| taken != number))
            .ok_or(TokenError::Refused("no free slot"))?;
        // Made aside and renamed: a slot holds a whole token or none.
        let new = self.dir.join(NEW);
        let place = self.dir.join(format!("{PREFIX}{number}"));
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| TokenError::Io { path, source }
        };
        if new.exists() {
            fs::remove_dir_all(&new).map_err(io(&new))?;
        }
        files::make_dir(&new)?;
        Slot::create(&new, label, so_pin, user_pin, random)?;
        fs::rename(&new, &place).map_err(io(&place))?;
        files::sync_dir(&self.dir)?;
        let slot = Slot::open(&place)?.ok_or(TokenError::Refused("the new token vanished"))?;
        Ok((number, slot))
    }
}

const PREFIX: &str = "slot-";
const NEW: &str = "new";
/// More tokens than this in one directory is a mistake, not a county.
const SLOTS_MAX: u32 = 64;
