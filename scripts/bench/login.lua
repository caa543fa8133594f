-- POST /v1/auth/login for wrk.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = string.format('{"username":"%s","password":"%s"}', os.getenv("NAME"), os.getenv("PASSWORD"))
