import CloudEmulator
import JobBench
import TestBench
import Testing

/// The component as a release has it: an address and checksums inside, so that it needs no input.
@Suite(.hangLimit, .ownThreads(.first)) struct ReleasedComponentTests {
    private let machine: BuildMachine

    init() throws {
        machine = try BuildMachine()
        try machine.removeInstalledExecutable()
    }

    /// The first job of an example that names nothing but the version, on a machine of this kind.
    private func job(of release: Release, on processor: String, in shell: GitLabJob.Shell) throws -> GitLabJob {
        let text = try Repository.text("examples/gitlab/by-version.gitlab-ci.yml")
        let plans = try PlannedJob.all("gitlab", in: text, component: release.component)
        let job = try GitLabJob(machine, try #require(plans.first), in: shell)
        try machine.sandbox.makeFolder("machine")
        try machine.sandbox.write(Array("#!/bin/sh\necho \(processor)\n".utf8), to: "machine/uname", mode: 0o755)
        job.searchPath = machine.sandbox.file("machine") + ":" + job.searchPath
        return job
    }

    @Test(arguments: [("x86_64", "x64"), ("aarch64", "arm64")], GitLabJob.Shell.allCases)
    func `a component that is included by its version alone downloads and checks its executable`(
        processor: (name: String, release: String),
        shell: GitLabJob.Shell
    ) throws {
        let release = try Release.shared()
        let job = try job(of: release, on: processor.name, in: shell)
        #expect(try job.run(), "\(job.output)")
        #expect(machine.pulumiCalls == [PulumiCall(.minted, "up --yes --stack acme/app/production")])
        #expect(machine.cloud.tokens(.minted).count == 1 && machine.cloud.liveTokens.isEmpty)
        let downloaded = contents(of: job.file("app.tmp/pulumi-token.bin/pulumi-token"))
        #expect(downloaded == release.executable(for: processor.release))
    }

    @Test(arguments: [("x86_64", "x64"), ("aarch64", "arm64")])
    func `a file that is another one than the release's is not run`(
        processor: (name: String, release: String)
    ) throws {
        let release = try Release()
        let job = try job(of: release, on: processor.name, in: .dash)
        try release.forge(processor.release)
        #expect(try !job.run())
        #expect(job.statuses == [65, 0])
        #expect(!job.output.contains("forged") && machine.cloud.requests.isEmpty)
    }

    @Test func `a processor without an executable is named`() throws {
        let job = try job(of: Release.shared(), on: "riscv64", in: .dash)
        #expect(try !job.run())
        #expect(job.output.contains("pulumi-token: error: no executable exists for riscv64"))
    }
}
