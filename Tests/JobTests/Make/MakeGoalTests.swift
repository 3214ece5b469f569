import CloudEmulator
import JobBench
import TestBench
import Testing

/// Which goals `integrations/pulumi-token.mk` gives a token to, and where it stops instead.
@Suite(.hangLimit, .ownThreads) struct MakeGoalTests {
    // MARK: Which goals get a token

    @Test(
        arguments: [
            (["deploy"], ["build", "up"]), (["stack-a"], ["stack-a"]),
            (["clean", "deploy"], ["clean", "build", "up"]),
            (["deploy", "X=1", "-k", "-s", "-e", "-B", "-r", "--no-print-directory"], ["build", "up"]),
            (["deploy", "-I", "nqt", "X=a -nqt", "-j2", "-l9"], ["build", "up"]), (["one"], ["one"]),
            (["one", "PULUMI_TOKEN_GOALS="], ["one"]),
        ] as [([String], [String])]
    )
    func `a goal of the list, and a command with the prefix, get one token that is then revoked`(
        arguments: [String],
        calls: [String]
    ) throws {
        let project = try MakeProject()
        let outcome = try project.program(arguments).run()
        #expect(outcome.status == 0, "\(outcome.log)")
        #expect(project.callsUnderToken == calls)
        #expect(project.mints == 1)
    }

    @Test func `goals that are made side by side share it`() throws {
        let project = try MakeProject()
        let outcome = try project.make("-j4", "deploy", "stack-a", "stack-b", "clean")
        #expect(outcome.status == 0)
        #expect(project.callsUnderToken?.sorted() == ["build", "clean", "stack-a", "stack-b", "up"])
        #expect(project.mints == 1)
    }

    @Test(arguments: [
        [], ["all"], ["clean", "build"], ["deploy", "PULUMI_TOKEN_GOALS="], ["deploy", "PULUMI_TOKEN_GOALS= $(none) "],
    ])
    func `other goals are made as ever`(arguments: [String]) throws {
        let project = try MakeProject()
        let outcome = try project.program(arguments).run()
        #expect(outcome.status == 0 && outcome.error == "")
        #expect(project.calls.allSatisfy { $0.token == .parent } && !project.calls.isEmpty)
        #expect(project.mints == 0)
    }

    @Test(arguments: [
        ["-n", "deploy"], ["-q", "deploy"], ["-t", "deploy"], ["--dry-run", "--no-print-directory", "deploy"],
        ["-kn", "deploy", "X=1"], ["-pn", "deploy"],
        ["--warn-undefined-variables", "-n", "deploy"], ["-j2", "--just-print", "deploy"], ["--question", "deploy"],
    ])
    func `nothing is minted when make runs nothing`(arguments: [String]) throws {
        let project = try MakeProject()
        let outcome = try project.program(arguments).run()
        #expect(project.calls == [] && project.mints == 0)
        #expect(project.machine.cloud.requests.isEmpty)
        if arguments.contains("-n") { #expect(outcome.output.contains("pulumi up")) }
    }

    // MARK: The default goal

    @Test(arguments: ["", "include MK", ".DEFAULT_GOAL := deploy\ninclude MK"])
    func `the default goal counts when it is known at the include`(start: String) throws {
        let end = start.isEmpty ? "include MK" : ""
        let text = """
            PULUMI_TOKEN_GOALS = deploy
            \(start.hasPrefix("include") ? "first: deploy" : "")
            \(start)
            deploy: ; @pulumi up
            \(end)

            """
        let project = try MakeProject(text.replacing("MK", with: MakeProject.include))
        let outcome = try project.make()
        let isKnown = !start.hasPrefix("include")
        #expect(outcome.status == (isKnown ? 0 : 2))
        #expect(project.calls == (isKnown ? [PulumiCall(.minted, "up")] : []))
        #expect(project.mints == (isKnown ? 1 : 0))
    }

    @Test(arguments: [[], ["all"], ["-k", "-j2", "all"], ["build", "all"]])
    func `a goal of the list that another goal needs is not made without a token`(arguments: [String]) throws {
        let project = try MakeProject(
            """
            PULUMI_TOKEN_GOALS = deploy stack-%
            all: build deploy stack-a
            build: ; @pulumi build
            deploy: ; @pulumi up
            stack-%: ; @pulumi $@
            include \(MakeProject.include)

            """
        )
        let outcome = try project.program(arguments).run()
        #expect(outcome.status == 2 && outcome.error.contains("of PULUMI_TOKEN_GOALS, and make"), "\(outcome.log)")
        #expect(project.calls.allSatisfy { $0 == PulumiCall(.parent, "build") } && project.mints == 0)
        let listed = try project.make("all", "PULUMI_TOKEN_GOALS=deploy stack-% all")
        #expect(listed.status == 0, "\(listed.log)")
        #expect(project.calls.suffix(3).map(\.token) == [.minted, .minted, .minted])
    }

    @Test(arguments: [["all"], ["x"], []])
    func `nor is anything that such a goal needs`(arguments: [String]) throws {
        let project = try MakeProject(
            """
            PULUMI_TOKEN_GOALS = deploy stack-% dep%
            all: deploy
            deploy: preview
            preview: ; @pulumi preview
            x: stack-a
            stack-a: up
            up: ; @pulumi up
            y: ; @pulumi y
            deps.mk: Makefile ; @touch $@
            -include deps.mk
            include \(MakeProject.include)

            """
        )
        // A makefile that matches a pattern is made as ever.
        try project.write("", to: "deps.mk")
        _ = try Program("touch", ["-d", "2000-01-01", project.file("deps.mk")]).run()
        let outcome = try project.program(arguments).run()
        let sentence = "is made for a goal of PULUMI_TOKEN_GOALS"
        #expect(outcome.status == 2 && outcome.error.contains(sentence), "\(outcome.log)")
        #expect(project.calls == [] && project.mints == 0)
        #expect(try project.make("y").status == 0)
        #expect(project.calls == [PulumiCall(.parent, "y")])
        #expect(try project.make("deploy").status == 0)
        #expect(project.calls.last == PulumiCall(.minted, "preview"))
    }

    @Test(arguments: [
        "PULUMI_TOKEN_GOALS = build\nINCLUDE\nPULUMI_TOKEN_GOALS += deploy", "INCLUDE\nPULUMI_TOKEN_GOALS = dep%",
    ])
    func `nor is one of a list that is set too late`(start: String) throws {
        let start = start.replacing("INCLUDE", with: "include \(MakeProject.include)")
        let project = try MakeProject("all: deploy\n\(start)\ndeploy: ; @pulumi up\n")
        let outcome = try project.make("all")
        #expect(outcome.status == 2 && project.calls == [], "\(outcome.log)")
        #expect(outcome.error.contains("deploy is made for a goal of PULUMI_TOKEN_GOALS"))
    }

    @Test(arguments: ["deploy,destroy", "deploy:prod", "\"deploy\"", "'deploy destroy'"])
    func `a list with commas, colons or quotes stops make`(list: String) throws {
        let project = try MakeProject(
            "PULUMI_TOKEN_GOALS = \(list)\ndeploy: ; @pulumi up\ninclude \(MakeProject.include)\n"
        )
        let outcome = try project.make("deploy")
        #expect(outcome.status == 2 && outcome.error.contains("separate the goals by spaces"), "\(outcome.log)")
        #expect(project.calls == [])
    }

    @Test func `a token of the job under another name is none in the place of the usual one`() throws {
        let project = try MakeProject()
        let mint = ". \"$(\(Executable.path) mint --env-name JOB_TOKEN)\" || exit"
        let script = "\(mint); \(MakeProject.make) deploy; \(MakeProject.make) one; \(Executable.path) revoke"
        let variables = try project.machine.jobEnvironment(adding: [:])
        var program = Program("sh", ["-c", script], environment: variables)
        program.folder = project.folder
        let outcome = try program.run()
        #expect(outcome.status == 0, "\(outcome.log)")
        #expect(project.callsUnderToken == ["build", "up", "one"])
        #expect(project.mints == 3)
    }

    @Test func `a token under another name that nothing stands beside is enough`() throws {
        let project = try MakeProject(
            """
            PULUMI_TOKEN_GOALS = deploy
            deploy: ; @$(PULUMI_TOKEN_EXEC) sh -c 'test -n "$$JOB_TOKEN" && echo has one'
            include \(MakeProject.include)

            """
        )
        let words = ["exec", "-q", "--env-name", "JOB_TOKEN", "--", MakeProject.make, "deploy"]
        var program = Program(Executable.path, words, environment: try project.machine.jobEnvironment(adding: [:]))
        program.folder = project.folder
        let outcome = try program.run()
        #expect(outcome.status == 0 && outcome.output == "has one\n", "\(outcome.log)")
        #expect(project.mints == 1)
    }

    @Test(arguments: [
        "PULUMI_TOKEN_GOALS = deploy\ninclude MK\ndeploy: build ; @pulumi up\nbuild: ; @pulumi build\n",
        "PULUMI_TOKEN_GOALS = dep%\ninclude MK\ndeploy: ; @pulumi up\n",
        "PULUMI_TOKEN_GOALS = deploy\nall: ; @:\ninclude MK\ndeploy: ; @pulumi up\n.DEFAULT_GOAL := deploy\n",
    ])
    func `a default goal that becomes known too late is not made without a token`(text: String) throws {
        let project = try MakeProject(text.replacing("MK", with: MakeProject.include))
        let outcome = try project.make()
        #expect(outcome.status == 2)
        #expect(outcome.error.contains("include pulumi-token.mk last"))
        #expect(project.calls == [] && project.mints == 0)
        #expect(try project.make("deploy").status == 0)
        #expect(project.callsUnderToken?.last == "up")
    }

    @Test(
        arguments: [
            "include MK\nPULUMI_TOKEN_GOALS = deploy\n",
            "PULUMI_TOKEN_GOALS = other\ninclude MK\nPULUMI_TOKEN_GOALS += dep%\n",
        ],
        [[], ["deploy"], ["clean", "deploy"], ["-k", "-e", "-j2", "deploy"], ["below"], ["-e", "below"]]
    )
    func `a list that is set too late lets none of its goals run without a token`(
        start: String,
        arguments: [String]
    ) throws {
        let project = try MakeProject(
            start.replacing("MK", with: MakeProject.include) + """
                deploy: build ; @pulumi up
                build: ; @pulumi build
                clean: ; @pulumi clean
                below: ; @$(MAKE) deploy
                a\\:b: ; @pulumi colon

                """
        )
        let outcome = try project.program(arguments).run()
        #expect(outcome.status == 2 && outcome.error.contains("include pulumi-token.mk last"), "\(outcome.log)")
        #expect(project.calls == [] && project.mints == 0)
        // All else is made as ever, and in silence.
        for arguments in [["-n", "deploy"], ["-q", "deploy"], ["build"], ["-j2", "clean", "a:b"]] {
            #expect(try project.program(arguments).run().error == "")
        }
        #expect(project.calls.map(\.arguments).sorted() == ["build", "clean", "colon"])
    }

    @Test func `a default goal that is not of the list stays what it is`() throws {
        let project = try MakeProject(
            "PULUMI_TOKEN_GOALS = deploy\ninclude \(MakeProject.include)\nbuild: ; @pulumi build\ndeploy: ; @pulumi up\n"
        )
        #expect(try project.make().status == 0)
        #expect(project.calls == [PulumiCall(.parent, "build")])
    }
}
