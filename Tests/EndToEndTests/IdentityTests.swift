import CloudEmulator
import JobBench
import RunnerGrammars
import TestBench
import Testing

/// An identity token instead of a stored secret, on the static executable over HTTPS.
@Suite(.ownThreads) struct IdentityTests {

    private func machine(mayMint: Bool = true, _ change: (inout Configuration) -> Void = { _ in }) throws
        -> BuildMachine
    {
        try BuildMachine {
            $0.exchange.policies = [Policy(tokenType: "personal", subject: "*")]
            $0.exchangedTokensMayMint = mayMint
            change(&$0)
        }
    }

    /// A job on GitHub with the permission `id-token: write`.
    private func gitHubJob(_ machine: BuildMachine) throws -> GitHubJob {
        let job = try GitHubJob(machine)
        job.usesLauncher = true
        job.inputs = [
            "access-token": "unset", "oidc-org": "acme", "oidc-user": "alice", "cloud-url": machine.cloud.url,
            "ca-file": machine.caFile,
        ]
        job.variables = [
            "ACTIONS_ID_TOKEN_REQUEST_URL": machine.cloud.identityRequestURL,
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": machine.cloud.identityRequestToken,
        ]
        return job
    }

    /// A job on GitLab with `id_tokens`.
    private func gitLab(_ machine: BuildMachine, audience: String = "urn:pulumi:org:acme", lifetime: Int64 = 3600)
        throws
        -> [String: String]
    {
        let token = try machine.cloud.identityToken(IdentityTokenRequest(audience: audience, lifetime: lifetime))
        return machine.environment.merging([
            "GITLAB_CI": "true", "CI_JOB_ID": "7", "CI_SERVER_HOST": "gitlab.example.com", "CI_PIPELINE_ID": "1",
            "PULUMI_TOKEN_OIDC_ORG": "acme", "PULUMI_TOKEN_OIDC_USER": "alice",
            "PULUMI_TOKEN_OIDC_TOKEN_ENV": "PULUMI_OIDC_TOKEN", "PULUMI_OIDC_TOKEN": token,
        ]) { $1 }
    }

    private func paths(_ machine: BuildMachine) -> [String] {
        machine.cloud.requests.map { "\($0.method) \($0.path)" }
    }

    @Test func `the action mints by OIDC over one connection, and post exchanges anew`() throws {
        let machine = try machine()
        let job = try gitHubJob(machine)
        #expect(try job.main().status == 0)
        #expect(paths(machine) == ["GET /oidc/github", "POST /api/oauth/token", "POST /api/user/tokens"])
        #expect(machine.cloud.report.connections == 1 && machine.cloud.report.handshakes == 1)
        #expect(machine.cloud.requests[0].query.contains("audience=urn%3Apulumi%3Aorg%3Aacme"))
        let exchanged = machine.cloud.tokens(.exchanged)[0]
        // Only as long as minting may take.
        #expect(exchanged.expires - exchanged.created == 180)
        #expect(job.exported["PULUMI_ACCESS_TOKEN"] == machine.cloud.liveTokens.first?.value)
        #expect(job.outputs["revocable"] == "true")

        #expect(try job.post().status == 0)
        #expect(machine.cloud.liveTokens.isEmpty)
        #expect(machine.cloud.tokens(.exchanged).count == 2)
        #expect(leaks(of: machine.mintedValues + [machine.cloud.identityRequestToken], in: job.log.text) == [])
    }

    @Test func `where an exchanged token may not mint it is used itself, and everybody is told`() throws {
        let machine = try machine(mayMint: false)
        let job = try gitHubJob(machine)
        job.inputs["ttl"] = "20m"
        #expect(try job.main().status == 0)
        let used = try #require(machine.cloud.tokens(.exchanged).last)
        #expect(job.exported["PULUMI_ACCESS_TOKEN"] == used.value)
        #expect(used.expires - used.created == 1200)
        #expect(job.exported["PULUMI_ACCESS_TOKEN_ID"] == nil)
        #expect(job.outputs["revocable"] == "false" && job.outputs["token-id"] == "")
        #expect(job.log.annotations.count == 1)
        #expect(job.log.annotations[0].contains("this exchanged token cannot be revoked; it expires 20"))
        #expect(job.text("summary").contains("cannot be revoked"))

        let before = machine.cloud.requests.count
        let post = try job.post()
        #expect(post.status == 0)
        #expect(post.error.contains("an exchanged token cannot be revoked; it expires 20"))
        #expect(machine.cloud.requests.count == before, "post does not pretend to do anything")
        #expect(leaks(of: machine.mintedValues, in: job.log.text) == [])
    }

    @Test func `of an exchanged token nothing is said at its end that is not so`() throws {
        let machine = try machine(mayMint: false)
        let variables = try gitLab(machine)
        let exec = try Program(Executable.path, ["exec", "--", "true"], environment: variables).run()
        #expect(exec.status == 0 && exec.error.contains("an exchanged token cannot be revoked"), "\(exec.log)")
        #expect(!exec.error.contains("something else set"))
        let script = ". \"$(\(Executable.path) mint)\" || exit; \(Executable.path) revoke"
        let shell = try Program("sh", ["-c", script], environment: variables).run()
        #expect(shell.status == 0 && shell.error.contains("an exchanged token cannot be revoked"), "\(shell.log)")
        #expect(!shell.error.contains("something else set") && !shell.error.contains("token that was revoked"))
        let forget = "eval \"$(\(Executable.path) revoke --export shell)\"; env"
        let forgetting = ". \"$(\(Executable.path) mint)\" || exit; \(forget)"
        let environment = try Program("sh", ["-c", forgetting], environment: variables).run()
        #expect(environment.status == 0 && !environment.output.contains("PULUMI_ACCESS_TOKEN="), "\(environment.error)")
    }

    @Test func `mint never falls back, and exports nothing then`() throws {
        let machine = try machine(mayMint: false)
        let job = try gitHubJob(machine)
        job.inputs["oidc-use"] = "mint"
        #expect(try job.main().status == 77)
        #expect(job.exported == [:] && job.outputs == [:])
        #expect(machine.cloud.tokens(.exchanged).count == 1)
    }

    @Test func `direct does not try to mint`() throws {
        let machine = try machine()
        let outcome = try Program(
            Executable.path,
            ["mint", "--export", "json", "--oidc-use", "direct", "--ttl", "15m"],
            environment: try gitLab(machine)
        ).run()
        #expect(outcome.status == 0)
        #expect(paths(machine) == ["POST /api/oauth/token"])
        let token = machine.cloud.tokens(.exchanged)[0]
        #expect(token.expires - token.created == 900)
        #expect(outcome.output.contains("\"revocable\":false"))
        #expect(outcome.output.contains("\"id\":null"))
    }

    @Test func `what was granted is believed over what was asked for`() throws {
        let machine = try machine { $0.exchange.longestExpiration = 300 }
        let outcome = try Program(
            Executable.path,
            ["mint", "--export", "none", "--oidc-use", "direct"],
            environment: try gitLab(machine)
        ).run()
        #expect(outcome.error.contains("in 5 minutes"))
    }

    @Test func `a GitLab job mints by its id token and revokes by a new exchange`() throws {
        let machine = try machine()
        let environment = try gitLab(machine)
        let mint = try Program(Executable.path, ["mint", "-v"], environment: environment).run()
        #expect(mint.status == 0)
        #expect(paths(machine) == ["POST /api/oauth/token", "POST /api/user/tokens"])
        #expect(machine.cloud.report.connections == 1)
        // After the export the minted token is in the variable, but a new exchange revokes more surely.
        var after = environment
        after["PULUMI_ACCESS_TOKEN"] = machine.cloud.liveTokens[0].value
        let revoke = try Program(Executable.path, ["revoke", "-v"], environment: after).run()
        #expect(revoke.status == 0)
        #expect(machine.cloud.liveTokens.isEmpty)
        #expect(machine.cloud.requests.suffix(3).map(\.path).first == "/api/oauth/token")
        let secrets = machine.mintedValues + [environment["PULUMI_OIDC_TOKEN"] ?? ""]
        #expect(leaks(of: secrets, in: mint.error + revoke.error) == [])
    }

    @Test(
        arguments: [
            (
                "https://wrong.example", 3600,
                "its audience is https://wrong.example, Pulumi expects urn:pulumi:org:acme"
            ),
            ("urn:pulumi:org:acme", -40, "it expired "),
        ] as [(String, Int64, String)]
    )
    func `a refused identity token is explained by what it says of itself`(
        audience: String,
        lifetime: Int64,
        message: String
    ) throws {
        let machine = try machine()
        let environment = try gitLab(machine, audience: audience, lifetime: lifetime)
        let outcome = try Program(Executable.path, ["mint"], environment: environment).run()
        #expect(outcome.status == 77)
        #expect(outcome.error.contains("error: cannot exchange the identity token: invalid_grant"))
        #expect(outcome.error.contains(message))
        #expect(leaks(of: environment["PULUMI_OIDC_TOKEN"] ?? "", in: outcome.log) == [])
    }

    @Test func `a policy that denies is said to be one`() throws {
        let machine = try machine { $0.exchange.policies = [] }
        let outcome = try Program(Executable.path, ["mint"], environment: try gitLab(machine)).run()
        #expect(outcome.status == 77)
        #expect(outcome.error.contains("no authorization policy allows this token"))
        #expect(
            outcome.error.contains(
                "hint: check the OIDC issuers and their policies in the settings of the organization acme"
            )
        )
    }

    @Test func `each attempt takes a fresh identity token`() throws {
        let machine = try machine { $0.exchange.rejectsReusedTokens = true }
        let job = try gitHubJob(machine)
        machine.cloud.misbehave(.status(503, acting: true, path: "/api/oauth/token"))
        #expect(try job.main().status == 0)
        #expect(
            paths(machine).prefix(4) == [
                "GET /oidc/github", "POST /api/oauth/token", "GET /oidc/github", "POST /api/oauth/token",
            ]
        )
    }

    @Test(arguments: [502, 503, 504])
    func `GitHub's service may fail for a moment`(status: Int) throws {
        let machine = try machine()
        let job = try gitHubJob(machine)
        machine.cloud.misbehave(.status(status, path: "/oidc/github"))
        #expect(try job.main().status == 0)
    }

    @Test func `the missing permission is explained, and a fork is called a fork`() throws {
        let machine = try machine()
        let job = try gitHubJob(machine)
        job.variables = [:]
        let main = try job.main()
        #expect(main.status == 77)
        #expect(main.error.contains("this job is not allowed to request an identity token from GitHub"))
        #expect(main.error.contains("'permissions:' and below it '  id-token: write'"))
        let event = try machine.sandbox.write(
            #"{"pull_request":{"head":{"repo":{"full_name":"somebody/app"}}}}"#,
            to: "event.json"
        )
        job.variables = ["GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": event]
        #expect(try job.main().error.contains("a pull request from a fork gets no identity token"))
    }

    @Test func `an organization's or a team's token cannot mint, and is called what it is`() throws {
        let machine = try BuildMachine {
            $0.machines = [.init(name: "robot", organization: "acme", team: "ops")]
        }
        let token = machine.cloud.tokens(.machine)[0].value
        let outcome = try machine.run("mint", adding: ["PULUMI_ACCESS_TOKEN": token])
        #expect(outcome.status == 77)
        #expect(
            outcome.error.contains("cannot mint a personal token: the credential is a token of the team ops")
        )
    }

    @Test func `the organization's policy and SAML are explained`() throws {
        let policy = try BuildMachine { $0.expiryPolicy.organization = "acme" }
        let refused = try policy.run("mint")
        #expect(refused.status == 77)
        #expect(refused.error.contains("enforces a max access token expiry"))
        #expect(refused.error.contains("hint: if the organization limits the lifetime of tokens"))
        let saml = try BuildMachine { $0.samlReauthentication = "acme" }
        let login = try saml.run("mint")
        #expect(login.status == 77)
        #expect(login.error.contains("must sign in with SAML again for acme"))
    }
}
