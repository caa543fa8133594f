//! The README's tour, run as it is printed.

use std::fmt::Write as _;
use std::process::Command;

use crate::support::{Mode, Place, repository};

#[tokio::test]
async fn the_tour_of_the_readme_runs_as_it_is_printed() {
    let mut place = Place::new(Mode::Embedded).await;
    place.env.retain(|name, _| name.contains("ARGON2"));
    let server = place.start();
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let script = tour(&readme);
    assert!(script.matches("call \"$BASE").count() >= 4, "{script}");
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script])
        .current_dir(place.dir.path())
        .env("BASE", &server.base)
        .env("DATA", place.data_dir())
        .env(
            "AUTH",
            format!(
                "{} --data-dir {}",
                env!("CARGO_BIN_EXE_auth-microservice"),
                place.data_dir().display()
            ),
        )
        .env("AUTH_MICROSERVICE_ARGON2_MEMORY_KIB", "64")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}\n{said}\n{complained}");
    assert!(said.contains("\"allowed\":true"), "{said}");
}

/// The lines of the bash blocks between the marks of the tour.
fn tour(readme: &str) -> String {
    let (_, rest) = readme
        .split_once("<!-- tour:begin -->")
        .expect("the tour begins");
    let (tour, _) = rest.split_once("<!-- tour:end -->").expect("the tour ends");
    let mut script = String::new();
    let mut inside = false;
    for line in tour.lines() {
        match line.trim() {
            "```bash" => inside = true,
            "```" => inside = false,
            _ if inside => writeln!(script, "{line}").unwrap(),
            _ => {}
        }
    }
    script
}
