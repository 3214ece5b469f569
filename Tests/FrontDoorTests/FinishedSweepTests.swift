import HTTPTransport
import HostSystem
import StubTransport
import TestMachine
import Testing

/// `sweep --finished`: only what the CI system calls over is revoked.
@Suite struct FinishedSweepTests {
    private static let gitHubAPI = "https://api.github.com"
    private static let gitLabAPI = "https://gitlab.example/api/v4"

    private let machine: Machine
    private let cloud: InMemoryCloud

    init() throws {
        (machine, cloud) = try Machine.withCloud(pageSize: 2)
    }

    private static func gitHub(_ run: String, attempt: String = "1", job: String = "deploy") -> [String: String] {
        [
            "GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": run, "GITHUB_RUN_ATTEMPT": attempt, "GITHUB_JOB": job,
            "GITHUB_REPOSITORY": "acme/app", "GITHUB_SERVER_URL": "https://github.com", "RUNNER_NAME": "r",
            "GITHUB_API_URL": gitHubAPI, "GITHUB_TOKEN": "token-of-the-job",
        ]
    }

    private static func gitLab(_ pipeline: String, job: String) -> [String: String] {
        [
            "GITLAB_CI": "true", "CI_SERVER_URL": "https://gitlab.example", "CI_SERVER_HOST": "gitlab.example",
            "CI_PROJECT_PATH": "group/sub/app", "CI_PIPELINE_ID": pipeline, "CI_JOB_ID": job, "CI_JOB_NAME": "deploy",
            "CI_API_V4_URL": gitLabAPI, "CI_JOB_TOKEN": "token-of-the-job",
        ]
    }

    /// Mints on a machine that is gone afterwards.
    private func mint(_ job: [String: String], _ words: String...) throws {
        let other = try Machine(cloud)
        let mint = try other.run(["mint", "--export", "none"] + words, adding: job)
        #expect(mint.code == 0, "\(mint.error)")
    }

    private func sweep(_ job: [String: String], _ words: String..., at address: String, _ set: (RunServer) -> Void)
        throws -> (outcome: Machine.Outcome, server: RunServer)
    {
        let server = RunServer(at: address, beside: cloud)
        set(server)
        machine.transport = server
        return (try machine.run(["sweep", "--finished"] + words, adding: job), server)
    }

    private static func run(
        _ id: String,
        _ status: String,
        attempt: Int = 1,
        endedAt end: Moment? = nil
    ) -> StubTransport.Reply {
        let end = end.map { #","updated_at":"\#($0)""# } ?? ""
        return .reply(200, #"{"id":\#(id),"status":"\#(status)","run_attempt":\#(attempt)\#(end)}"#)
    }

    private static func job(
        _ id: String,
        _ status: String,
        of pipeline: String,
        endedAt end: Moment? = nil
    ) -> StubTransport.Reply {
        let end = end.map { #","finished_at":"\#($0)""# } ?? ""
        return .reply(200, #"{"id":\#(id),"status":"\#(status)","pipeline":{"id":\#(pipeline)}\#(end)}"#)
    }

    private static func runPath(_ run: String) -> String { "/repos/acme/app/actions/runs/\(run)" }
    private static func jobPath(_ job: String) -> String { "/projects/group%2Fsub%2Fapp/jobs/\(job)" }

    @Test func `on GitHub a run that is over loses its tokens, and one that goes on keeps them`() throws {
        for run in ["1", "2", "3", "4"] { try mint(Self.gitHub(run)) }
        try mint(Self.gitHub("1", job: "second"), "--description", "text of my own")
        let (outcome, server) = try sweep(Self.gitHub("9"), at: Self.gitHubAPI) { server in
            server.answer(Self.runPath("1"), with: Self.run("1", "completed"))
            server.answer(Self.runPath("2"), with: Self.run("2", "in_progress"))
            server.answer(Self.runPath("3"), with: Self.run("3", "queued"))
            server.answer(Self.runPath("4"), with: Self.run("4", "completed"))
        }
        #expect(outcome.code == 0, "\(outcome.error)")
        // Also those of pages that come later, and the one whose description is the user's.
        #expect(cloud.tokens.map(\.id) == ["t-2", "t-3"])
        // Each run once, with the job's own token and nothing else.
        #expect(server.requests.count == 4)
        for request in server.requests {
            #expect(request.text.contains("Authorization: Bearer token-of-the-job"))
            #expect(!request.text.contains("parent-credential"))
        }
        #expect(!outcome.error.contains("token-of-the-job") && !outcome.output.contains("token-of-the-job"))
    }

    @Test func `an attempt is over when the next one has begun`() throws {
        try mint(Self.gitHub("1", attempt: "1"))
        try mint(Self.gitHub("1", attempt: "2"))
        let (outcome, _) = try sweep(Self.gitHub("9"), at: Self.gitHubAPI) { server in
            server.answer(Self.runPath("1"), with: Self.run("1", "in_progress", attempt: 2))
        }
        #expect(outcome.code == 0 && cloud.tokens.map(\.id) == ["t-2"], "\(outcome.error)")
    }

    @Test(arguments: [
        ("success", true), ("failed", true), ("canceled", true), ("skipped", true), ("running", false),
        ("pending", false), ("canceling", false), ("manual", false),
    ])
    func `on GitLab the job counts, not its pipeline`(status: String, isOver: Bool) throws {
        try mint(Self.gitLab("7", job: "70"))
        try mint(Self.gitLab("7", job: "71"))
        let (outcome, server) = try sweep(Self.gitLab("8", job: "80"), at: Self.gitLabAPI) { server in
            server.answer(Self.jobPath("70"), with: Self.job("70", status, of: "7"))
            server.answer(Self.jobPath("71"), with: Self.job("71", "running", of: "7"))
        }
        #expect(outcome.code == 0, "\(outcome.error)")
        #expect(cloud.tokens.map(\.id) == (isOver ? ["t-2"] : ["t-1", "t-2"]))
        #expect(server.requests.allSatisfy { $0.text.contains("JOB-TOKEN: token-of-the-job") })
    }

    @Test func `another token can be named, and then it is no job's`() throws {
        try mint(Self.gitLab("7", job: "70"))
        var job = Self.gitLab("8", job: "80")
        job["API_TOKEN"] = "token-of-a-project"
        let (outcome, server) = try sweep(job, "--ci-token-env", "API_TOKEN", at: Self.gitLabAPI) { server in
            server.answer(Self.jobPath("70"), with: Self.job("70", "success", of: "7"))
        }
        #expect(outcome.code == 0 && cloud.tokens.isEmpty, "\(outcome.error)")
        #expect(server.requests.allSatisfy { $0.text.contains("PRIVATE-TOKEN: token-of-a-project") })
    }

    @Test(arguments: [401, 403, 404])
    func `a run that the token may not see, or that is deleted, is spared, and it is said`(status: Int) throws {
        try mint(Self.gitHub("1"))
        let (outcome, server) = try sweep(Self.gitHub("9"), at: Self.gitHubAPI) { server in
            server.answer(Self.runPath("1"), with: .reply(status, #"{"message":"no"}"#))
        }
        #expect(outcome.code == 0 && cloud.tokens.count == 1 && server.requests.count == 1)
        #expect(outcome.output.contains("spared") && outcome.output.contains("status \(status)"), "\(outcome.output)")
        #expect(outcome.error.contains("1 token spared"), "\(outcome.error)")
    }

    @Test func `a server that fails is asked again, and then the run is spared`() throws {
        for run in ["1", "2"] { try mint(Self.gitHub(run)) }
        let (outcome, server) = try sweep(Self.gitHub("9"), at: Self.gitHubAPI) { server in
            server.answer(
                Self.runPath("1"),
                with: .reply(502),
                .reply(429, fields: [("Retry-After", "3")]),
                Self.run("1", "completed")
            )
            server.answer(Self.runPath("2"), with: .reply(500))
        }
        #expect(outcome.code == 0 && cloud.tokens.map(\.id) == ["t-2"], "\(outcome.error)")
        #expect(outcome.output.contains("status 500") && server.requests.count <= 12)
    }

    @Test(
        arguments: [
            .lost(.timeout), .reply(200, "<html>"), .reply(200, #"{"id":2,"status":"completed"}"#), .reply(302),
        ] as [StubTransport.Reply]
    )
    func `what is no answer about the run ends nothing`(reply: StubTransport.Reply) throws {
        try mint(Self.gitHub("1"))
        let (outcome, _) = try sweep(Self.gitHub("9"), at: Self.gitHubAPI) { server in
            server.answer(Self.runPath("1"), with: reply)
        }
        #expect(outcome.code == 0 && cloud.tokens.count == 1, "\(outcome.error)")
    }

    /// Anybody can write a description, but the tag proves the run: it is a digest over it and the server.
    @Test func `a description that names a run without its tag, or of another server, asks nothing`() throws {
        cloud.plant(
            description: "github acme/app run 1.1 deploy [pulumi-token:AAAAAAAAAAAAAAAAAAAAAA:0123456789abcdef]"
        )
        cloud.plant(description: "by hand")
        var elsewhere = Self.gitHub("1")
        elsewhere["GITHUB_SERVER_URL"] = "https://github.acme.com"
        try mint(elsewhere)
        try mint(["PULUMI_TOKEN_SESSION": "a person's"])
        let (outcome, server) = try sweep(Self.gitHub("9"), "--json", at: Self.gitHubAPI) { server in
            server.answer(Self.runPath("1"), with: Self.run("1", "completed"))
        }
        #expect(outcome.code == 0 && server.requests.isEmpty && cloud.tokens.count == 4, "\(outcome.error)")
        #expect(outcome.output.contains("does not name a run"))
    }

    @Test func `a dry run revokes nothing, and says what it would`() throws {
        try mint(Self.gitHub("1"))
        let (outcome, _) = try sweep(Self.gitHub("9"), "--dry-run", at: Self.gitHubAPI) { server in
            server.answer(Self.runPath("1"), with: Self.run("1", "completed"))
        }
        #expect(outcome.code == 1 && outcome.output.contains("would-revoke") && cloud.tokens.count == 1, "\(outcome)")
    }

    @Test func `what a process here still works with is spared, whatever the system says`() throws {
        let job = Self.gitHub("1")
        _ = try machine.run(["mint", "--export", "none"], adding: job)
        try machine.change(machine.records()[0]) { $0.replacing(#""isExported":true"#, with: #""isExported":false"#) }
        let (outcome, _) = try sweep(Self.gitHub("9"), at: Self.gitHubAPI) { server in
            server.answer(Self.runPath("1"), with: Self.run("1", "completed"))
        }
        #expect(outcome.code == 0 && cloud.tokens.count == 1, "\(outcome.output)")
    }

    @Test(arguments: [(1500, "25 minutes"), (61, "1 minute"), (60, nil), (-300, nil)] as [(Int64, String?)])
    func `a token that was used after its job had ended is named, as far as the list shows it`(
        late: Int64,
        span: String?
    ) throws {
        let now = machine.time.clock.unixTime()
        try mint(Self.gitHub("1"))
        try mint(Self.gitLab("7", job: "70"))
        for id in ["t-1", "t-2"] { cloud.use(id) }
        let end = Moment(now - late)
        for words in [["sweep", "--finished", "--dry-run"], ["sweep", "--finished"]] {
            for (job, address) in [(Self.gitHub("9"), Self.gitHubAPI), (Self.gitLab("8", job: "80"), Self.gitLabAPI)] {
                let server = RunServer(at: address, beside: cloud)
                server.answer(Self.runPath("1"), with: Self.run("1", "completed", endedAt: end))
                server.answer(Self.jobPath("70"), with: Self.job("70", "failed", of: "7", endedAt: end))
                machine.transport = server
                let sweep = try machine.run(words, adding: job.merging(["PULUMI_ACCESS_TOKEN_ID": "t-9"]) { $1 })
                let id = address == Self.gitHubAPI ? "t-1" : "t-2"
                let warning = span.map { "warning: the token \(id) was used about \($0) after its job ended" }
                #expect(sweep.error.contains("after its job ended") == (warning != nil), "\(sweep.error)")
                if let warning { #expect(sweep.error.contains(warning), "\(sweep.error)") }
            }
        }
        #expect(cloud.tokens.isEmpty)
    }

    @Test func `an end that the system does not tell warns of nothing`() throws {
        try mint(Self.gitHub("1", attempt: "1"))
        try mint(Self.gitHub("2"))
        for id in ["t-1", "t-2"] { cloud.use(id) }
        let job = Self.gitHub("9").merging(["PULUMI_ACCESS_TOKEN_ID": "t-9"]) { $1 }
        let (outcome, _) = try sweep(job, at: Self.gitHubAPI) { server in
            // When the first attempt ended, the second does not say.
            server.answer(Self.runPath("1"), with: Self.run("1", "completed", attempt: 2, endedAt: Moment(0)))
            server.answer(Self.runPath("2"), with: Self.run("2", "completed"))
        }
        #expect(outcome.code == 0 && cloud.tokens.isEmpty && !outcome.error.contains("after its job ended"))
    }

    @Test func `without a system to ask, or a token for it, nothing is sent`() throws {
        let plain = try machine.run("sweep", "--finished")
        #expect(plain.code == 64 && plain.error.contains("--finished needs a job of GitHub Actions or GitLab CI"))
        let bare = try machine.run("sweep", "--finished", adding: Self.gitHub("9").merging(["GITHUB_TOKEN": ""]) { $1 })
        #expect(bare.code == 77 && bare.error.contains("GITHUB_TOKEN is not set"))
        let both = try machine.run("sweep", "--finished", "--run", adding: Self.gitHub("9"))
        #expect(both.code == 64 && both.error.contains("--run and --finished cannot be combined"))
        #expect(cloud.requests == [])
    }
}
