use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::Failure;

const DATABASE: &str = "auth.sqlite";
/// What the group and the rest of the world may do.
const OTHERS: u32 = 0o077;
/// Many users may write here, each to files of their own.
const STICKY: u32 = 0o1000;

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
        close_to_others(path).map_err(|e| {
            let what = format!(
                "other users of this machine may read the data directory {}, and that cannot be \
                 changed: name a directory that belongs to the user that runs the service",
                path.display()
            );
            Failure::caused(what, &e)
        })?;
        // SQLite gives its other files the mode of this one.
        let database = path.join(DATABASE);
        let _there = own_file()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&database);
        let probe = path.join(format!(".probe-{}", std::process::id()));
        own_file()
            .write(true)
            .create_new(true)
            .open(&probe)
            .map_err(cannot)?;
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
        let mut file = own_file()
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
        self.path.join(DATABASE)
    }
}

/// A file that no other user may read, whatever the umask.
fn own_file() -> fs::OpenOptions {
    let mut options = File::options();
    options.mode(0o600);
    options
}

/// What the service keeps in its data directory.
const OWN: [&str; 7] = [
    DATABASE,
    "auth.sqlite-wal",
    "auth.sqlite-shm",
    "auth.sqlite-journal",
    "server.lock",
    "secrets",
    "mail",
];

/// Takes other users' rights to the data directory away, and to what of ours is
/// in it: one that was made before may hold files that they can read.
fn close_to_others(directory: &Path) -> io::Result<()> {
    if mode(directory)? & STICKY != 0 {
        return Err(io::Error::other("it is shared, as /tmp is"));
    }
    close(directory)?;
    OWN.iter()
        .try_for_each(|own| close_all(&directory.join(own)))
}

/// A link is not ours to follow, and what is away needs nothing.
fn close_all(path: &Path) -> io::Result<()> {
    let Some(found) = unless_away(fs::symlink_metadata(path))? else {
        return Ok(());
    };
    if found.is_symlink() {
        return Ok(());
    }
    close(path)?;
    if found.is_dir() {
        for entry in fs::read_dir(path)? {
            close_all(&entry?.path())?;
        }
    }
    Ok(())
}

fn close(path: &Path) -> io::Result<()> {
    let Some(mode) = unless_away(mode(path))? else {
        return Ok(());
    };
    if mode & OTHERS == 0 {
        return Ok(());
    }
    unless_away(fs::set_permissions(
        path,
        Permissions::from_mode(mode & !OTHERS),
    ))?;
    Ok(())
}

fn mode(path: &Path) -> io::Result<u32> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o7777)
}

/// A server that runs may just have removed a file.
fn unless_away<T>(outcome: io::Result<T>) -> io::Result<Option<T>> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
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
    fn a_directory_that_others_may_read_is_closed_to_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data");
        fs::create_dir_all(path.join("secrets")).unwrap();
        fs::write(path.join("secrets/token-key"), "key").unwrap();
        fs::write(path.join("auth.sqlite-wal"), "").unwrap();
        fs::write(path.join("of-somebody-else"), "").unwrap();
        let files = [
            "",
            "secrets",
            "secrets/token-key",
            "auth.sqlite-wal",
            "of-somebody-else",
        ];
        for open in files {
            let mode = if open.contains('-') { 0o644 } else { 0o755 };
            fs::set_permissions(path.join(open), Permissions::from_mode(mode)).unwrap();
        }
        let _locked = DataDir::open_locked(&path).unwrap();
        let mode = |name: &str| {
            let found = fs::metadata(path.join(name)).unwrap();
            found.permissions().mode() & 0o777
        };
        assert_eq!((mode(""), mode("secrets")), (0o700, 0o700));
        for file in [
            "secrets/token-key",
            "auth.sqlite-wal",
            "auth.sqlite",
            "server.lock",
        ] {
            assert_eq!(mode(file), 0o600, "{file}");
        }
        assert_eq!(mode("of-somebody-else"), 0o644, "not ours");
    }

    #[test]
    fn a_directory_that_is_shared_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o1777)).unwrap();
        let refused = DataDir::open(dir.path()).unwrap_err().to_string();
        assert!(
            refused.contains("belongs to the user that runs the service"),
            "{refused}"
        );
        let found = fs::metadata(dir.path()).unwrap().permissions().mode();
        assert_eq!(found & 0o7777, 0o1777);
    }

    #[test]
    fn a_new_data_directory_is_its_owners_alone() {
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
