//! Names the state of the schema and its seed by a hash of their sources, so
//! that tests never copy a template of another state.
#![allow(
    clippy::print_stdout,
    reason = "what a build script prints, cargo reads"
)]

use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The migrations, and the domain that the seed is written from.
const SOURCES: [&str; 2] = ["../../migrations/src", "../domain/src"];

fn main() -> io::Result<()> {
    let mut hasher = DefaultHasher::new();
    for source in SOURCES {
        println!("cargo:rerun-if-changed={source}");
        for file in files(Path::new(source))? {
            hasher.write(file.to_string_lossy().as_bytes());
            hasher.write(&fs::read(&file)?);
        }
    }
    println!("cargo:rustc-env=AUTH_SCHEMA_HASH={:016x}", hasher.finish());
    Ok(())
}

/// All files below a directory, in one order.
fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort_unstable();
    Ok(found)
}
