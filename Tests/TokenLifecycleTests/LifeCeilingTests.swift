import Glibc
import HostSystem
import TestBench
import Testing

@testable import TokenLifecycle

/// The longest life that a machine allows.
@Suite struct LifeCeilingTests {
    private let disk: ScratchFolder

    init() throws { disk = try ScratchFolder() }

    private func find(_ variable: String? = nil, owner: uid_t = getuid()) throws(Explanation) -> LifeCeiling? {
        try LifeCeiling.find(
            in: Environment(variable.map { ["PULUMI_TOKEN_MAX_TTL": $0] } ?? [:]),
            policy: disk.file("policy"),
            owner: owner
        )
    }

    private func write(_ text: String, mode: mode_t = 0o644) throws {
        try disk.write(text, to: "policy")
        chmod(disk.file("policy"), mode)
    }

    private func problem(owner: uid_t = getuid()) -> Explanation? {
        do throws(Explanation) { _ = try find(owner: owner) } catch { return error }
        return nil
    }

    @Test func `without variable and policy there is none`() throws {
        #expect(try find() == nil)
    }

    @Test func `the lower of variable and policy counts`() throws {
        try write("# ours\n\nmax-ttl = 2h\n")
        #expect(try find()?.seconds == 7200)
        #expect(try find("1h")?.place == "PULUMI_TOKEN_MAX_TTL")
        #expect(try find("3h")?.place == disk.file("policy"))
    }

    @Test func `of two lines in the policy, the lower counts`() throws {
        try write("max-ttl = 10m\nmax-ttl = 2h\n")
        #expect(try find()?.seconds == 600)
        try write("max-ttl = 2h\nmax-ttl = 10m\n")
        #expect(try find()?.seconds == 600)
    }

    @Test func `a policy that is a link to nothing, or in the place of a directory, mints nothing`() throws {
        try disk.link("policy", to: "/nowhere")
        #expect(problem()?.exitCode == .unreadableFile)
        try disk.write("", to: "file")
        do throws(Explanation) {
            _ = try LifeCeiling.find(in: Environment([:]), policy: disk.file("file/policy"), owner: getuid())
            Issue.record("a file is no directory")
        } catch {
            #expect(error.exitCode == .unreadableFile)
        }
    }

    @Test(arguments: ["max-ttl = soon", "max-ttl", "max-ttl = 1s", "ttl = 1h", "max-ttl = 1h or so"])
    func `a policy that is not understood mints nothing`(line: String) throws {
        try write(line)
        #expect(problem()?.exitCode == .malformedFile)
    }

    @Test func `a policy that somebody else could have written mints nothing`() throws {
        try write("max-ttl = 1h")
        #expect(problem(owner: getuid() + 1)?.exitCode == .unreadableFile)
        try write("max-ttl = 1h", mode: 0o666)
        #expect(problem()?.exitCode == .unreadableFile)
    }
}
