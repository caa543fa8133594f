use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crate::Failure;

/// The directory of embedded mode: database, secrets, and the lock that lets
/// one server in.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    /// Held, and with it the lock, until the server ends.
    lock: Option<File>,
}

impl DataDir {
    /// Makes the directory where it is missing and checks that it can be
    /// written to. A command that joins a running server takes no lock.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let cannot = |e: std::io::Error| {
            let what = format!("the data directory {} cannot be used", path.display());
            Failure::caused(what, &e)
        };
        // No other user of the machine may read password hashes and mail.
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(path).map_err(cannot)?;
        let probe = path.join(format!(".probe-{}", std::process::id()));
        File::create(&probe).map_err(cannot)?;
        fs::remove_file(&probe).map_err(cannot)?;
        Ok(Self {
            path: path.to_owned(),
            lock: None,
        })
    }

    /// Opens the directory for a server: the only one on it.
    pub(crate) fn open_locked(path: &Path) -> Result<Self, Failure> {
        let mut dir = Self::open(path)?;
        let lock_file = path.join("server.lock");
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_file)
            .map_err(|e| {
                Failure::caused(format!("{} cannot be opened", lock_file.display()), &e)
            })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::new(format!(
                    "another server runs on the data directory {}: stop it, or choose another \
                     directory with --data-dir",
                    path.display()
                )));
            }
            Err(TryLockError::Error(e)) => {
                return Err(Failure::caused(
                    format!("{} cannot be locked", lock_file.display()),
                    &e,
                ));
            }
        }
        // The number is for a person who looks; the lock is what counts.
        let _best_effort = file
            .set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        dir.lock = Some(file);
        Ok(dir)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The database file.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("auth.sqlite")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_at_a_time_uses_a_data_directory() {
        let dir = tempfile::tempdir().unwrap();
        let first = DataDir::open_locked(dir.path()).unwrap();
        let second = DataDir::open_locked(dir.path()).unwrap_err();
        assert!(second.to_string().contains("another server"), "{second}");
        DataDir::open(dir.path()).expect("a command may join");
        drop(first);
        DataDir::open_locked(dir.path()).expect("the lock ends with its server");
    }

    #[test]
    fn a_new_data_directory_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/data");
        DataDir::open(&path).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn a_data_directory_that_is_a_file_is_one_clear_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let failure = DataDir::open(&file).unwrap_err().to_string();
        assert!(failure.starts_with("the data directory "), "{failure}");
        assert_eq!(failure.lines().count(), 1);
    }
}
