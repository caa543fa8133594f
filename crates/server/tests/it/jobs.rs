//! Background jobs as an operator sees them.

use std::process::Output;

use rstest::rstest;

use crate::support::{Mode, Place, World, eventually};

const ADDRESS: &str = "acme-admin@example.com";

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Rows of `jobs list`: id, queue, state, attempts, request, error.
fn listed(place: &Place, options: &[&str]) -> Vec<[String; 6]> {
    let output = place.run(&[&["jobs", "list"], options].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    let mut lines = text.lines();
    assert!(lines.next().unwrap().starts_with("ID\tQUEUE\tSTATE\t"));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let [id, queue, state, attempts, _, _, request, error] = cells[..] else {
                panic!("{line}")
            };
            [id, queue, state, attempts, request, error].map(str::to_owned)
        })
        .collect()
}

/// A dead mail, as a mailer that refuses it for good leaves it.
async fn dies(place: &Place, id: u32, queue: &str) {
    let dead = format!(
        "INSERT INTO queued_jobs (job_id, queue, payload, request_id, created_at, run_at, \
             attempts, dead_at, last_error) \
         SELECT {id}, '{queue}', '{{\"kind\":\"password_reset\",\"address\":\"{ADDRESS}\"}}', \
             'request-{id}', created_at, created_at, 3, created_at, 'no such mailbox' \
         FROM organizations WHERE organization_id = 1"
    );
    place.execute(&dead).await;
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn dead_jobs_are_seen_and_redriven(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let place = &world.place;
    for (id, queue) in [(701, "mail"), (702, "gone"), (703, "mail")] {
        dies(place, id, queue).await;
    }
    let row = |id: u32, queue: &str| {
        let request = format!("request-{id}");
        let id = id.to_string();
        [&id, queue, "dead", "3", &request, "no such mailbox"].map(str::to_owned)
    };
    let (first, gone, second) = (row(701, "mail"), row(702, "gone"), row(703, "mail"));
    let all = [first.clone(), gone.clone(), second.clone()];
    assert_eq!(listed(place, &[]), all);
    assert_eq!(listed(place, &["--dead"]), all);
    assert_eq!(
        listed(place, &["--dead", "--queue", "mail"]),
        [first, second.clone()]
    );

    // The account's address takes the request: it is younger than its token.
    let fresh = "UPDATE queued_jobs SET created_at = (SELECT max(issued_at) FROM sessions)";
    place.execute(fresh).await;
    let redriven = place.run(&["jobs", "redrive", "701"]);
    assert_eq!(stdout(&redriven).trim(), "Redrove 1 job.");
    let logged = stderr(&redriven);
    for part in ["jobs.redriven", "job 701", "auth-microservice jobs redrive"] {
        assert!(logged.contains(part), "{logged}");
    }
    assert_eq!(place.mail(1).await.to, ADDRESS);

    let again = place.run(&["jobs", "redrive", "701"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(
        stderr(&again).contains("job 701 is not a dead job"),
        "{}",
        stderr(&again)
    );
    let queue = place.run(&["jobs", "redrive", "--all", "--queue", "mail"]);
    assert_eq!(stdout(&queue).trim(), "Redrove 1 job.");
    place.mail(2).await;
    eventually("the mails are done", async || {
        (listed(place, &[]) == [gone.clone()]).then_some(())
    })
    .await;
    let rest = place.run(&["jobs", "redrive", "--all"]);
    assert_eq!(stdout(&rest).trim(), "Redrove 1 job.");
    assert_eq!(listed(place, &["--dead"]), Vec::<[String; 6]>::new());
    let none = place.run(&["jobs", "redrive", "--all"]);
    assert_eq!(stdout(&none).trim(), "Redrove 0 jobs.");
}

#[tokio::test]
async fn a_redrive_names_its_jobs_in_one_way() {
    let place = Place::new(Mode::Embedded).await;
    for wrong in [
        &["jobs", "redrive"][..],
        &["jobs", "redrive", "7", "--all"],
        &["jobs", "redrive", "--queue", "mail"],
        &["jobs", "redrive", "7", "--queue", "mail"],
        &["jobs", "redrive", "0"],
        &["jobs", "redrive", "seven"],
        &["jobs", "redrive", "--all", "--queue", "No Queue"],
        &["jobs", "list", "--queue", ""],
        &["jobs"],
    ] {
        assert_eq!(place.run(wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn jobs_are_counted_in_the_metrics(#[case] mode: Mode) {
    let world = World::new(mode).await;
    for (id, queue) in [(701, "mail"), (702, "mail"), (703, "gone")] {
        dies(&world.place, id, queue).await;
    }
    // Counted at the start, and later every half minute.
    let world = world.restarted();
    world.api.forgot(ADDRESS).await.expect(200);
    world.place.mail(1).await;
    let expected = [
        r#"auth_jobs{queue="mail",state="dead"} 2"#,
        r#"auth_jobs{queue="mail",state="waiting"} 0"#,
        r#"auth_jobs{queue="other",state="dead"} 1"#,
        r#"auth_jobs_total{queue="mail",outcome="done"} 1"#,
        r#"auth_schedule_runs_total{schedule="security_alerts",outcome="done"}"#,
    ];
    eventually("the metrics", async || {
        let answer = world.api.get("/metrics").await;
        let lines = expected.iter().filter(|line| answer.text.contains(*line));
        (lines.count() == expected.len()).then_some(())
    })
    .await;
}
