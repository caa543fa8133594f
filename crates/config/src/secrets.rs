//! The secrets of embedded mode: files in the data directory, made once.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

/// A secret of the data directory.
#[derive(Debug)]
pub struct StoredSecret {
    /// The secret.
    pub value: SecretString,
    /// Where it is.
    pub path: PathBuf,
    /// Whether it was made just now.
    pub created: bool,
}

/// Reads `<data>/secrets/<name>`, or makes it from `generated` with mode 0600.
///
/// Two processes that make it at once agree on one value: the file appears
/// whole or not at all, and the second process reads what the first one wrote.
pub fn ensure(
    data_dir: &Path,
    name: &str,
    generated: impl FnOnce() -> io::Result<SecretString>,
) -> io::Result<StoredSecret> {
    let dir = data_dir.join("secrets");
    DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
    let path = dir.join(name);
    if let Some(value) = read(&path)? {
        return Ok(StoredSecret {
            value,
            path,
            created: false,
        });
    }
    let value = generated()?;
    let thread = std::thread::current().id();
    let draft = dir.join(format!(".{name}.{}.{thread:?}", std::process::id()));
    write(&draft, &value)?;
    let linked = fs::hard_link(&draft, &path);
    fs::remove_file(&draft)?;
    match linked {
        Ok(()) => {
            File::open(&dir)?.sync_all()?;
            Ok(StoredSecret {
                value,
                path,
                created: true,
            })
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let value = read(&path)?.ok_or(error)?;
            Ok(StoredSecret {
                value,
                path,
                created: false,
            })
        }
        Err(error) => Err(error),
    }
}

fn read(path: &Path) -> io::Result<Option<SecretString>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // A copy or a restore may have opened it to others.
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    let secret = text.trim();
    if secret.len() < 32 {
        let text = "holds less than 32 bytes: remove it to have a new one made";
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    Ok(Some(secret.into()))
}

fn write(path: &Path, secret: &SecretString) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{}", secret.expose_secret())?;
    file.sync_all()
}
