import CloudEmulator
import JobBench
import TestBench
import Testing

/// One line that names it, one hint, the documented exit code, no request, nothing half-written.
@Suite(.ownThreads) struct BadInputTests {
    struct Case: Sendable {
        var arguments: [String]
        var variables: [String: String] = [:]
        var status: Int32
        var message: String
    }

    static let cases: [Case] = [
        Case(arguments: ["mnit"], status: 64, message: "unknown command 'mnit'\nhint: did you mean mint?"),
        Case(
            arguments: ["mint", "--tll", "1h"],
            status: 64,
            message: "unknown option '--tll'\nhint: did you mean --ttl?"
        ),
        Case(arguments: ["run"], status: 64, message: "unknown command 'run'\nhint: did you mean exec?"),
        Case(arguments: ["frobnicate"], status: 64, message: "unknown command 'frobnicate'"),
        Case(
            arguments: ["sweep", "--older", "1d"],
            status: 64,
            message: "unknown option '--older'\nhint: did you mean --older-than?"
        ),
        Case(arguments: ["--tll", "1h", "mint"], status: 64, message: "unknown option '--tll'"),
        Case(arguments: ["-x", "mint"], status: 64, message: "unknown option\nhint: run pulumi-token --help"),
        Case(
            arguments: ["sweep", "--older-than", "24"],
            status: 64,
            message: "invalid value for --older-than: '24' has no unit"
        ),
        Case(
            arguments: ["sweep", "--older-than", "0"],
            status: 64,
            message: "invalid value for --older-than: '0' has no unit"
        ),
        Case(arguments: ["mint", "--env-name", " , "], status: 64, message: "--env-name is empty"),
        Case(
            arguments: ["mint", "--ttl", "30"],
            status: 64,
            message:
                "invalid value for --ttl: '30' is too short\nhint: use 30m for minutes; a number alone is in seconds"
        ),
        Case(arguments: ["mint", "extra"], status: 64, message: "unexpected argument 'extra'"),
        Case(arguments: ["mint", "--ttl"], status: 64, message: "--ttl needs a value"),
        Case(arguments: ["mint", "--ttl", ""], status: 64, message: "--ttl is empty"),
        Case(arguments: ["mint", "--verify=yes"], status: 64, message: "--verify takes no value"),
        Case(
            arguments: ["list", "--ttl", "1h"],
            status: 64,
            message: "--ttl is not an option of list\nhint: use --ttl with mint, exec, or doctor"
        ),
        Case(
            arguments: ["mint", "--ttl", "1 h"],
            status: 64,
            message: "invalid value for --ttl: '1 h' is not a duration"
        ),
        Case(
            arguments: ["mint", "--ttl", "-1h"],
            status: 64,
            message: "invalid value for --ttl: '-1h' is not a duration"
        ),
        Case(arguments: ["mint", "--ttl", "0"], status: 64, message: "invalid value for --ttl: '0' is too short"),
        Case(arguments: ["mint", "--ttl", "59s"], status: 64, message: "invalid value for --ttl: '59s' is too short"),
        Case(arguments: ["mint", "--ttl", "731d"], status: 64, message: "invalid value for --ttl: '731d' is too long"),
        Case(
            arguments: ["mint", "--ttl", "99999999999999999999d"],
            status: 64,
            message: "invalid value for --ttl: '99999999999999999999d' is not a duration"
        ),
        Case(
            arguments: ["mint", "--ttl", "1h", "--expires", "2030-01-01T00:00:00Z"],
            status: 64,
            message: "--ttl and --expires cannot be combined"
        ),
        Case(
            arguments: ["mint", "--expires", "2020-01-01T00:00:00Z"],
            status: 64,
            message: "invalid value for --expires: '2020-01-01T00:00:00Z' is in the past"
        ),
        Case(
            arguments: ["mint", "--expires", "1800000000000"],
            status: 64,
            message: "invalid value for --expires: '1800000000000' is too far away"
        ),
        Case(
            arguments: ["mint", "--expires", "tomorrow"],
            status: 64,
            message: "invalid value for --expires: 'tomorrow' is not a time"
        ),
        Case(
            arguments: ["mint"],
            variables: ["PULUMI_TOKEN_TTL": "x"],
            status: 64,
            message: "invalid value for PULUMI_TOKEN_TTL: 'x'"
        ),
        Case(
            arguments: ["mint"],
            variables: ["PULUMI_TOKEN_VERIFY": "yes"],
            status: 64,
            message: "invalid value for PULUMI_TOKEN_VERIFY: 'yes'\nhint: set it to true or false"
        ),
        Case(arguments: ["mint", "--timeout", "0s"], status: 64, message: "invalid value for --timeout: '0s'"),
        Case(arguments: ["mint", "--deadline", "2d"], status: 64, message: "invalid value for --deadline: '2d'"),
        Case(
            arguments: ["mint"],
            variables: ["PULUMI_ACCESS_TOKEN": ""],
            status: 77,
            message: "PULUMI_ACCESS_TOKEN is set but empty"
        ),
        Case(
            arguments: ["mint"],
            variables: ["PULUMI_ACCESS_TOKEN": "two words"],
            status: 77,
            message: "PULUMI_ACCESS_TOKEN does not look like a Pulumi token: it contains spaces or tabs"
        ),
        Case(
            arguments: ["mint", "--access-token-file", "/nonexistent"],
            status: 66,
            message: "cannot read /nonexistent: no such file or directory"
        ),
        Case(arguments: ["mint", "--access-token-file", "/dev/null"], status: 77, message: "/dev/null is empty"),
        Case(
            arguments: ["mint", "--access-token-file", "/etc/passwd"],
            status: 65,
            message: "/etc/passwd does not look like a Pulumi token: it has several lines"
        ),
        Case(
            arguments: ["mint", "--access-token-file", "/dev/null", "--oidc-org", "acme"],
            status: 64,
            message: "--access-token-file and --oidc-org cannot be combined"
        ),
        Case(arguments: ["mint", "--cloud-url", "nonsense"], status: 64, message: "--cloud-url is not a URL"),
        Case(
            arguments: ["mint", "--cloud-url", "https://user:word@localhost"],
            status: 64,
            message: "--cloud-url contains a user name or password"
        ),
        Case(
            arguments: ["mint", "--cloud-url", "https://app.pulumi.com"],
            status: 64,
            message: "--cloud-url is the web page app.pulumi.com, not the API"
        ),
        Case(
            arguments: ["mint", "--cloud-url", "http://api.pulumi.com"],
            status: 64,
            message: "--cloud-url is plain http to another machine"
        ),
        Case(
            arguments: ["mint", "--cloud-url", "s3://bucket"],
            status: 64,
            message: "--cloud-url is a DIY backend (s3://)"
        ),
        Case(
            arguments: ["mint", "--ca-file", "/nonexistent"],
            status: 66,
            message: "cannot read the CA file, /nonexistent"
        ),
        Case(arguments: ["mint", "--export", "pigeon"], status: 64, message: "invalid value for --export: 'pigeon'"),
        Case(
            arguments: ["mint", "--export", "json=/tmp/x"],
            status: 64,
            message: "invalid value for --export: 'json=/tmp/x'"
        ),
        Case(arguments: ["mint", "--export", "dotenv"], status: 64, message: "--export needs a path"),
        Case(
            arguments: ["mint", "--export", "file=/nonexistent/x"],
            status: 73,
            message: "cannot write /nonexistent/x"
        ),
        Case(
            arguments: ["mint", "--export", "github"],
            status: 73,
            message: "cannot export to later steps: GITHUB_ENV is not set"
        ),
        Case(
            arguments: ["mint", "--shell", "tcsh"],
            status: 64,
            message: "invalid value for --shell: 'tcsh'\nhint: set --shell to sh, bash, zsh, fish, or pwsh"
        ),
        Case(
            arguments: ["mint", "--env-name", "1A"],
            status: 64,
            message: "invalid value for --env-name: '1A' is not the name of a variable"
        ),
        Case(
            arguments: ["mint", "--env-name", "LD_PRELOAD"],
            status: 64,
            message: "invalid value for --env-name: 'LD_PRELOAD' changes how programs of the job work"
        ),
        Case(
            arguments: ["mint", "--session", "a\nb"],
            status: 64,
            message: "--session is too long or has a control character"
        ),
        Case(
            arguments: ["revoke", "--session", "s", "pul-" + "value"],
            status: 64,
            message: "one of the arguments is not a token ID"
        ),
        Case(arguments: ["sweep", "--run"], status: 64, message: "--run needs a CI job or a session"),
        Case(
            arguments: ["sweep", "--run", "--older-than", "1d", "--session", "s"],
            status: 64,
            message: "--run and --older-than cannot be combined"
        ),
        Case(
            arguments: ["sweep", "--older-than", "old"],
            status: 64,
            message: "invalid value for --older-than: 'old'"
        ),
        Case(arguments: ["action", "pre"], status: 64, message: "action needs main, post, setup, revoke, or sweep"),
        Case(arguments: ["action", "main"], status: 64, message: "GITHUB_STATE is not set"),
        Case(arguments: ["help", "mnit"], status: 64, message: "unknown command 'mnit'\nhint: did you mean mint?"),
    ]

    @Test(arguments: cases)
    func `bad input is named, with the way out`(input: Case) throws {
        let machine = try BuildMachine()
        var environment = machine.withCredential.merging(input.variables) { $1 }
        if input.arguments.contains("--access-token-file") { environment["PULUMI_ACCESS_TOKEN"] = nil }
        let outcome = try Program(Executable.path, input.arguments, environment: environment).run()
        #expect(outcome.status == input.status, "\(outcome.error)")
        let lines = outcome.error.replacing("pulumi-token: ", with: "").split(separator: "\n").map(String.init)
        let text = lines.joined(separator: "\n")
        #expect(text.contains("error: " + input.message), "\(outcome.error)")
        #expect(lines.last?.hasPrefix("hint: ") == true, "\(outcome.error)")
        #expect(lines.count <= 3, "\(outcome.error)")
        #expect(machine.cloud.requests == [])
        #expect(machine.sandbox.files.filter { $0.contains("/home/") } == [])
    }

    /// Else two jobs whose names differ in such bytes would be one.
    @Test(arguments: ["--session", "--lease", "PULUMI_TOKEN_SESSION"])
    func `bytes that are not UTF-8 are no name`(place: String) throws {
        let machine = try BuildMachine()
        let given = place.hasPrefix("--") ? "set -- \(place) \"$bytes\"" : "export \(place)=\"$bytes\""
        let script = "bytes=$(printf 'a\\377'); \(given); exec \(Executable.path) mint --export none \"$@\""
        let outcome = try Program("sh", ["-c", script], environment: machine.withCredential).run()
        #expect(outcome.status == 64)
        #expect(outcome.error.contains("error: \(place) has bytes that are not UTF-8\n"), "\(outcome.error)")
        #expect(machine.cloud.requests == [])
    }

    @Test func `a description may be cut anywhere`() throws {
        let machine = try BuildMachine()
        let script = "exec \(Executable.path) mint --export none --description \"$(printf 'Gr\\303\\274\\303')\""
        let outcome = try Program("sh", ["-c", script], environment: machine.withCredential).run()
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(machine.cloud.liveTokens.first?.description.hasPrefix("Grü\u{FFFD} [") == true)
    }

    @Test func `an export inside the checkout is refused, also through a link`() throws {
        let machine = try BuildMachine()
        let checkout = try machine.sandbox.makeFolder("checkout")
        try machine.sandbox.makeFolder("checkout/sub")
        _ = try Program("ln", ["-s", checkout + "/sub", machine.sandbox.file("link")]).run()
        let paths = [checkout + "/x.env", checkout + "/sub/../x.env", machine.sandbox.file("link/x.env")]
        for way in ["dotenv", "file"] {
            for (path, name) in paths.flatMap({ path in ["CI_PROJECT_DIR", "GITHUB_WORKSPACE"].map { (path, $0) } }) {
                let system = name == "CI_PROJECT_DIR" ? "GITLAB_CI" : "GITHUB_ACTIONS"
                let outcome = try machine.run(
                    "mint",
                    "--export",
                    "\(way)=\(path)",
                    adding: [name: checkout, system: "true"]
                )
                #expect(outcome.status == 64)
                #expect(outcome.error.contains("can become artifacts"))
            }
        }
        #expect(machine.cloud.requests == [])
    }

    @Test(arguments: ["shell", "stdout"])
    func `a secret is not printed where the log shows everything`(way: String) throws {
        let machine = try BuildMachine()
        let project = try machine.sandbox.makeFolder("project.tmp").dropLast(4)
        let job = ["GITLAB_CI": "true", "CI_DEBUG_TRACE": "true", "CI_PROJECT_DIR": String(project)]
        let refused = try machine.run("mint", "--export", way, adding: job)
        #expect(refused.status == 64)
        #expect(machine.cloud.requests == [])
        // With the runner's own masking store the mask is sure to work.
        try machine.sandbox.write("", to: "project.tmp/masking.db")
        #expect(try machine.run("mint", "--export", way, adding: job).status == 0)
    }

    /// A command with so low a limit for descriptors, and none but the standard ones open.
    private func limited(to limit: Int, _ words: [String], on machine: BuildMachine) throws -> Outcome {
        let closing = "for n in {3..99}; do eval \"exec $n<&-\"; done; ulimit -n \(limit); exec \"$@\""
        let all = ["-c", closing, "sh", Executable.path] + words
        return try Program("bash", all, environment: machine.withCredential).run()
    }

    @Test(arguments: [3, 5, 20, 34], ["mint", "exec", "revoke", "list", "doctor"])
    func `too few descriptors are an error that says so, before anything else`(limit: Int, command: String) throws {
        let machine = try BuildMachine()
        let run = try limited(to: limit, [command] + (command == "exec" ? ["--", "true"] : []), on: machine)
        #expect(
            run.error == """
                pulumi-token: error: too few open files are allowed: \(limit - 3) are free, and 32 are needed
                pulumi-token: hint: raise the limit of \(limit): ulimit -n 256

                """
        )
        // With none at all, the runtime cannot read the command line.
        #expect(run.status == (command == "exec" && limit > 3 ? 125 : 1) && run.output.isEmpty)
        #expect(machine.cloud.requests.isEmpty && machine.leases.isEmpty)
    }

    @Test(arguments: [128, 208, 511], ["mint", "exec", "list"])
    func `too small a stack is an error that says so, before anything else`(limit: Int, command: String) throws {
        let machine = try BuildMachine()
        let words = ["-c", "ulimit -s \(limit); exec \"$@\"", "sh", Executable.path, command]
        let all = words + (command == "exec" ? ["--", "true"] : [])
        let run = try Program("bash", all, environment: machine.withCredential).run()
        #expect(
            run.error == """
                pulumi-token: error: the stack is too small: \(limit) KiB are allowed, and 512 are needed
                pulumi-token: hint: raise the limit: ulimit -s 8192

                """
        )
        #expect(run.status == (command == "exec" ? 125 : 1) && run.output.isEmpty)
        #expect(machine.cloud.requests.isEmpty)
        let enough = ["-c", "ulimit -s 512; exec \"$@\"", "sh", Executable.path, "exec", "-q", "--", "echo", "ran"]
        #expect(try Program("bash", enough, environment: machine.withCredential).run().output == "ran\n")
    }

    @Test func `those that it asks for are enough`() throws {
        let machine = try BuildMachine()
        let run = try limited(to: 35, ["exec", "--", "true"], on: machine)
        #expect(run.status == 0 && !run.error.contains("warning"), "\(run.error)")
        #expect(machine.mintedValues.count == 1 && machine.cloud.liveTokens.isEmpty)
    }
}
