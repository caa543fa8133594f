//! The reference of the measurements in `docs/performance.md`: an actix-web
//! handler that answers everything alike, with the service's number of workers.
//!
//! `cargo run --profile dist --example bare -- PORT WORKERS`

use std::env::args;

use actix_web::{App, HttpResponse, HttpServer, web};

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let number = |position: usize, absent: u16| {
        let given = args().nth(position).and_then(|text| text.parse().ok());
        given.unwrap_or(absent)
    };
    // The body is read, or the connection of a POST could not be kept.
    let answer = |_body: web::Bytes| async {
        HttpResponse::Ok()
            .content_type("application/json")
            .body(r#"{"status":"ok"}"#)
    };
    HttpServer::new(move || App::new().default_service(web::to(answer)))
        .workers(usize::from(number(2, 2)))
        .bind(("127.0.0.1", number(1, 8001)))?
        .run()
        .await
}
