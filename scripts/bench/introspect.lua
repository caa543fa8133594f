-- POST /v1/auth/introspect for wrk, as a form (RFC 7662, section 2.1).
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.headers["X-Internal-Secret"] = os.getenv("SECRET")
wrk.body = "token=" .. os.getenv("TOKEN")
