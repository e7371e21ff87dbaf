//! Reading and writing checkpoint files.

use std::path::Path;

use super::contents::Checkpoint;
use crate::run::dir::error::RunError;
use crate::run::disk::{FileError, file};

/// Maximum size of a checkpoint in bytes.
pub(crate) const CHECKPOINT_LIMIT: u64 = 256 << 20;

impl Checkpoint {
    /// Reads the checkpoint at `path`, which may have at most 256 MiB.
    pub fn read(path: &Path) -> Result<Self, RunError> {
        Self::parse(path, &file::read(path, CHECKPOINT_LIMIT)?)
    }

    /// The checkpoint in the bytes of the file at `path`.
    pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, RunError> {
        Self::decode(bytes).map_err(|source| RunError::Checkpoint { path: path.to_owned(), source })
    }

    /// Replaces the checkpoint at `path` as a whole.
    pub fn write(&self, path: &Path) -> Result<(), RunError> {
        let bytes = self.encode().map_err(|source| RunError::Checkpoint { path: path.to_owned(), source })?;
        if bytes.len() as u64 > CHECKPOINT_LIMIT {
            return Err(FileError::TooLarge { path: path.to_owned(), limit: CHECKPOINT_LIMIT }.into());
        }
        Ok(file::write_atomic(path, &bytes)?)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn an_error_names_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("best.safetensors");
        assert!(Checkpoint::read(&path).unwrap_err().is_not_found());
        std::fs::write(&path, "torn").unwrap();
        let message = Checkpoint::read(&path).unwrap_err().to_string();
        assert!(message.contains("best.safetensors: not a valid safetensors file"), "{message}");
        File::create(&path).unwrap().set_len(CHECKPOINT_LIMIT + 1).unwrap();
        assert!(matches!(Checkpoint::read(&path), Err(RunError::File(FileError::TooLarge { .. }))));
    }
}
