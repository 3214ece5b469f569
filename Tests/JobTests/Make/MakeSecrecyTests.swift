import CloudEmulator
import JobBench
import TestBench
import Testing

/// What of a token can be seen around make.
@Suite(.hangLimit, .ownThreads) struct MakeSecrecyTests {
    @Test(arguments: [
        ["deploy"], ["-p", "deploy"], ["-d", "deploy"], ["-p", "one"], ["-w", "deploy", "one"],
        ["--trace", "deploy", "one"], ["-Otarget", "-j2", "deploy"], ["-Oline", "-p", "deploy"],
    ])
    func `no command that is echoed, no database and no argument shows it`(arguments: [String]) throws {
        let project = try MakeProject(
            """
            PULUMI_TOKEN_GOALS = deploy
            show = cat /proc/[0-9]*/cmdline >> arguments 2>/dev/null; pulumi show; test -n "$$PULUMI_ACCESS_TOKEN"
            deploy: sub ; $(show)
            sub: ; $(MAKE) -p inner > database
            inner: ; $(show)
            one: ; $(PULUMI_TOKEN_EXEC) sh -c 'pulumi show'
            include \(MakeProject.include)

            """
        )
        let outcome = try project.program(arguments).run()
        #expect(outcome.status == 0, "\(outcome.log.suffix(2000))")
        #expect(project.mints == 1)
        #expect(leaks(of: project.machine.mintedValues, in: outcome.log) == [])
        #expect(leaks(of: project.machine.mintedValues, in: text(of: project.file("arguments")) ?? "") == [])
    }

    @Test(arguments: [["-n", "deploy"], ["-n", "--trace", "deploy", "one"], ["-q", "deploy"], ["-pn", "clean"]])
    func `what make says without running anything has nothing of a minted token`(arguments: [String]) throws {
        let project = try MakeProject()
        let outcome = try project.program(arguments, adding: ["PULUMI_ACCESS_TOKEN": ""]).run()
        #expect(project.mints == 0 && project.calls == [])
        #expect(!outcome.log.contains("pul-"))
    }

    @Test func `a secret in a variable that looks like ours is not taken for a program`() throws {
        let project = try MakeProject()
        let outcome = try project.make("deploy", "one", adding: ["PULUMI_TOKEN": "pul-" + "somebody's-own"])
        #expect(outcome.status == 0)
        #expect(!outcome.log.contains("somebody's-own"))
    }

    @Test func `the credentials that the CLI keeps go with the token`() throws {
        let project = try MakeProject()
        #expect(try project.make("deploy").status == 0)
        let files = project.machine.sandbox.files.filter { $0 != project.machine.sandbox.file("parent") }
        let secrets = project.machine.mintedValues + [project.machine.parent]
        for file in files { #expect(leaks(of: secrets, in: text(of: file) ?? "") == [], "\(file)") }
    }
}
