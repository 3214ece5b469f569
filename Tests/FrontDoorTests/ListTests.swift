import HTTPTransport
import HostSystem
import PulumiCloud
import StubTransport
import TestMachine
import Testing

@testable import pulumi_token

/// `list`: what people see of tokens.
@Suite struct ListTests {
    private static let tag = " [pulumi-token:AAAAAAAAAAAAAAAAAAAAAA:0123456789abcdef]"

    private let machine: Machine
    private let cloud: InMemoryCloud

    init() throws {
        (machine, cloud) = try Machine.withCloud(pageSize: 2)
    }

    @Test func `a list has moments, the time that is left, the kind, and descriptions without tags`() throws {
        let now = machine.time.clock.unixTime()
        cloud.plant(description: "deploy" + Self.tag, age: 60, expires: now + 2459)
        let lines = try machine.run("list").output.split(separator: "\n")
        #expect(
            lines[0].split(separator: " ") == ["ID", "KIND", "CREATED", "EXPIRES", "IN", "LAST", "USED", "DESCRIPTION"]
        )
        let cells = lines[1].split(separator: " ")
        #expect(
            cells == [
                "t-1", "personal", "2027-01-15T07:59:00Z", "2027-01-15T08:40:59Z", "40", "minutes", "never", "deploy",
            ]
        )
        #expect(try machine.run("list", "--wide").output.contains("deploy" + Self.tag))
    }

    @Test func `an empty list says so`() throws {
        let list = try machine.run("list")
        #expect(
            list.code == 0 && list.output.isEmpty && list.error.contains("there are no tokens that pulumi-token minted")
        )
        #expect(try machine.run("list", "--json").output == #"{"version":1,"tokens":[]}"# + "\n")
    }

    @Test func `columns stay where they are on all pages`() throws {
        let now = machine.time.clock.unixTime()
        for count in 1...1001 { cloud.plant(description: "job \(count)" + Self.tag, expires: now + Int64(count * 977)) }
        let lines = try machine.run("list").output.split(separator: "\n")
        #expect(lines.count == 1002)
        let places = lines.dropFirst().map { line in
            line.firstRange(of: "job ").map { line.distance(from: line.startIndex, to: $0.lowerBound) }
        }
        #expect(Set(places).count == 1)
    }

    @Test(arguments: [20, 100, 140, 400])
    func `a narrow terminal cuts descriptions, and never an id`(width: Int) throws {
        let id = "0b9f0c4e-5d1f-4a7e-9a53-2f6d1c8e7b90"
        let token = ListedToken(
            id: try #require(TokenID(rawValue: id)),
            description: String(repeating: "long ", count: 30) + Self.tag
        )
        var columns = TokenColumns(now: 0, isWide: false, width: width)
        let lines = columns.text(of: [TokenRow(token: token, kind: .personal)], withHeader: false).split(
            separator: "\n"
        )
        #expect(lines.count == 1 && lines[0].hasPrefix(id))
        #expect(lines[0].count <= max(width, 130))
        #expect(lines[0].hasSuffix("...") == (width == 140))
    }

    @Test func `a check fails for a token that no record and no running job owns`() throws {
        _ = try machine.run("mint", "--export", "none", "--session", "a")
        #expect(try machine.run("list", "--check").code == 0)
        cloud.plant(description: "by hand")
        cloud.plant(description: "lost" + Self.tag)
        let check = try machine.run("list", "--check")
        #expect(
            check.code == 1 && check.error.contains("the token t-3 has no known owner") && !check.error.contains("t-1")
        )
        #expect(cloud.tokens.count == 3)
    }

    @Test(arguments: [("in_progress", 0), ("completed", 1)])
    func `where the system can be asked, a job that runs owns its token`(status: String, code: Int32) throws {
        let job = [
            "GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "1", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_JOB": "deploy",
            "GITHUB_REPOSITORY": "acme/app", "GITHUB_SERVER_URL": "https://github.com", "RUNNER_NAME": "r",
            "GITHUB_API_URL": "https://api.github.com", "GITHUB_TOKEN": "token-of-the-job",
        ]
        _ = try Machine(cloud).run(["mint", "--export", "none"], adding: job)
        let server = RunServer(at: "https://api.github.com", beside: cloud)
        server.answer(
            "/repos/acme/app/actions/runs/1",
            with: .reply(
                200,
                #"{"id":1,"status":"\#(status)","run_attempt":1,"updated_at":"2027-01-15T07:00:00Z"}"#
            )
        )
        machine.transport = server
        cloud.use("t-1")
        let check = try machine.run(["list", "--check"], adding: job)
        #expect(check.code == code)
        let warning = "the token t-1 was used about 1 hour after its job ended"
        #expect(check.error.contains(warning) == (code == 1), "\(check.error)")
    }
}
