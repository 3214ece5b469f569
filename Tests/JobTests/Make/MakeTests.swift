import CloudEmulator
import JobBench
import TestBench
import Testing

/// `integrations/pulumi-token.mk` in real makefiles, under real make.
@Suite(.hangLimit, .ownThreads) struct MakeTests {
    // MARK: The make outside

    @Test func `what a goal needs is made once, and only inside`() throws {
        let project = try MakeProject(
            """
            PULUMI_TOKEN_GOALS = deploy
            deploy: app sub ; @pulumi up $(shell pulumi output)
            app: source ; @pulumi app > /dev/null; echo app > $@
            source: ; @echo source > $@
            sub: ; @$(MAKE) -s inner
            inner: ; @pulumi inner
            include \(MakeProject.include)

            """
        )
        let outcome = try project.make("deploy")
        #expect(outcome.status == 0, "\(outcome.log)")
        #expect(project.callsUnderToken == ["app", "inner", "output", "up pulumi: output"])
        #expect(text(of: project.file("app")) == "app\n" && text(of: project.file("source")) == "source\n")
        #expect(!outcome.log.contains("Nothing to be done"))
        // What is up to date is not made again.
        _ = try project.make("deploy")
        #expect(project.callsUnderToken?.filter { $0 == "app" }.count == 1)
    }

    @Test(.enabled(if: !MakeProject.isOld)) func `a target with a shell of its own is not run outside`() throws {
        let project = try MakeProject(
            """
            PULUMI_TOKEN_GOALS = deploy
            SHELL := /bin/bash
            .SHELLFLAGS := -eu -o pipefail -c
            deploy: own ; @pulumi up
            deploy: SHELL := /bin/bash
            own: SHELL := /bin/bash
            own: other ; @[[ a == a ]] && pulumi own
            other: SHELL := /bin/zsh
            other: ; @pulumi other
            include \(MakeProject.include)

            """
        )
        #expect(try project.make("deploy").status == 0)
        #expect(project.callsUnderToken == ["other", "own", "up"])
    }

    @Test func `rules between the guards are not even read outside`() throws {
        let project = try MakeProject(
            """
            PULUMI_TOKEN_GOALS = deploy
            include \(MakeProject.include)
            ifndef PULUMI_TOKEN_OUTSIDE
            $(info the rules are read)
            deploy: build ; @pulumi up $(info the recipe is read)
            build: SHELL := /bin/dash
            build: ; @pulumi build
            endif

            """
        )
        let outcome = try project.make("-s", "deploy")
        #expect(outcome.output == "the rules are read\npulumi: build\nthe recipe is read\npulumi: up\n")
        #expect(project.callsUnderToken == ["build", "up"] && project.mints == 1)
    }

    @Test func `a makefile before the Makefile leaves that one as it is`() throws {
        let project = try MakeProject("deploy: ; @pulumi up\nclean: ; @pulumi clean\n")
        try project.write(
            """
            PULUMI_TOKEN_GOALS = deploy
            include \(MakeProject.include)
            ifndef PULUMI_TOKEN_OUTSIDE
            include Makefile
            endif

            """,
            to: "GNUmakefile"
        )
        #expect(try project.make("deploy").status == 0)
        #expect(project.callsUnderToken == ["up"])
        #expect(try project.make("clean").status == 0)
        #expect(project.calls.last == PulumiCall(.parent, "clean"))
    }

    @Test func `makefiles that are made are made`() throws {
        let project = try MakeProject(
            """
            PULUMI_TOKEN_GOALS = deploy
            deploy: ; @pulumi up $(FLAVOUR)
            include made.mk
            made.mk: ; @echo 'FLAVOUR = sweet' > $@
            include \(MakeProject.include)

            """
        )
        let outcome = try project.make("deploy")
        #expect(outcome.status == 0, "\(outcome.log)")
        #expect(project.callsUnderToken == ["up sweet"] && project.mints == 1)
    }

    // MARK: What stops make

    @Test(arguments: [["stack-a b"], ["a long stack-"], ["clean", "stack-a b"], ["deploy", "other goal"]])
    func `a goal with a space that would get a token stops make, and no recipe of it sees the parent`(
        goals: [String]
    ) throws {
        let text = "PULUMI_TOKEN_GOALS = %stack-\n" + MakeProject.usual.replacing("GOALS = ", with: "GOALS += ")
        let project = try MakeProject(text + "other\\ goal: ; @pulumi '$@'\n%stack-: ; @pulumi '$@'\n")
        let outcome = try project.program(goals).run()
        let name = goals.last ?? ""
        #expect(outcome.status == 2)
        let hint = "the goal '\(name)' has a space in its name: run pulumi-token exec -- make '\(name)'"
        #expect(outcome.error.contains(hint) || project.mints == 1, "\(outcome.log)")
        #expect(project.calls.allSatisfy { $0.token == .minted || $0.arguments == "clean" }, "\(project.calls)")
        #expect(project.mints != nil)
    }

    @Test func `a goal with a space that is not of the list is made as ever`() throws {
        let project = try MakeProject(MakeProject.usual + "other\\ goal: ; @pulumi '$@'\n")
        #expect(try project.make("other goal").status == 0)
        #expect(project.calls == [PulumiCall(.parent, "other goal")])
    }

    @Test(arguments: [
        ["-o", "build", "deploy"], ["deploy", "-obuild"], ["deploy", "--old-file=build"], ["-kW", "build", "deploy"],
        ["--what-if", "build", "deploy"], ["--assume-new=build", "stack-a"],
    ])
    func `options that make does not pass on stop make before the mint`(arguments: [String]) throws {
        let project = try MakeProject()
        let outcome = try project.program(arguments).run()
        #expect(outcome.status == 2)
        let hint = "-o and -W do not reach the goals of PULUMI_TOKEN_GOALS: run pulumi-token exec -- make with them"
        #expect(outcome.error.contains(hint), "\(outcome.log)")
        #expect(project.calls == [] && project.mints == 0 && project.machine.cloud.requests.isEmpty)
        // As it says, and where no goal of the list is asked for.
        var exec = try project.program(["exec", "--", MakeProject.make, "-o", "build", "deploy"])
        exec.path = try project.machine.programs() + "/pulumi-token"
        #expect(try exec.run().status == 0)
        #expect(project.callsUnderToken == ["up"] && project.mints == 1)
        #expect(try project.make("-o", "build", "all").status == 0)
    }

    @Test(arguments: [["deploy"], ["clean", "deploy", "stack-a"], ["-j2", "deploy"]])
    func `a goal with two colons has one token for all of its rules`(goals: [String]) throws {
        let project = try MakeProject(
            """
            PULUMI_TOKEN_GOALS = deploy stack-%
            build: ; @pulumi build
            deploy:: build ; @pulumi first
            deploy:: ; @pulumi second
            stack-a:: ; @pulumi $@
            clean: ; @pulumi clean
            include \(MakeProject.include)

            """
        )
        let outcome = try project.program(goals).run()
        #expect(outcome.status == 0, "\(outcome.log)")
        let others = goals.filter { ["clean", "stack-a"].contains($0) }
        #expect(project.callsUnderToken?.sorted() == (["build", "first", "second"] + others).sorted())
        #expect(project.mints == 1)
    }

    @Test(arguments: [
        ("deploy: ; @pulumi up $(info twice)", 2), ("deploy:\n\t@pulumi up\n\t@$(file >x,${PWD}):", 4),
        ("dep%:\n\t@pulumi up\n\t$(if $(PULUMI_ACCESS_TOKEN_ID),,$(error no token))", 4),
        ("check deploy::\n\t${warning twice}pulumi up", 3),
    ])
    func `a function in a listed recipe that would run again after the revocation stops make before the mint`(
        rule: String,
        line: Int
    ) throws {
        let start = "PULUMI_TOKEN_GOALS = deploy\n"
        let end = "\nclean: ; @pulumi clean $(info once)\ninclude \(MakeProject.include)\n"
        let project = try MakeProject(start + rule + end)
        let outcome = try project.make("deploy")
        #expect(outcome.status == 2)
        let hint = "Makefile:\(line): a function of this recipe would run a second time, without the token"
        #expect(outcome.error.contains(hint), "\(outcome.log)")
        #expect(project.calls == [] && project.mints == 0 && project.machine.cloud.requests.isEmpty)
        #expect(try project.make("clean").output.hasPrefix("once\n"))
        // The way out that it names.
        let mended = try MakeProject(start + end + "ifndef PULUMI_TOKEN_OUTSIDE\n\(rule)\nendif\n")
        let again = try mended.make("deploy")
        #expect(again.status == 0, "\(again.log)")
        #expect(mended.callsUnderToken == ["up"] && mended.mints == 1)
        #expect(again.log.split(separator: "\n").filter { $0.contains("twice") }.count < 2)
    }

    // MARK: Makefiles and makes of every kind

    @Test func `another makefile, several of them, and those of the environment`() throws {
        let project = try MakeProject("deploy: ; @echo the wrong one; exit 1\n")
        try project.write(MakeProject.usual, to: "other.mk")
        try project.write("VALUE = first\n", to: "first.mk")
        try project.write("clean:: ; @pulumi $(VALUE)\n", to: "more.mk")
        #expect(try project.make("-f", "other.mk", "deploy").status == 0)
        #expect(try project.make("--file=other.mk", "stack-a").status == 0)
        let changes = ["MAKEFILES": "first.mk"]
        #expect(try project.make("-f", "other.mk", "stack-b", adding: changes).status == 0)
        #expect(project.callsUnderToken == ["build", "up", "stack-a", "stack-b"])
        try project.write("PULUMI_TOKEN_MAKEFILES = first.mk second.mk\n" + MakeProject.usual, to: "second.mk")
        #expect(try project.make("-f", "first.mk", "-f", "second.mk", "stack-c").status == 0)
        #expect(project.callsUnderToken?.last == "stack-c" && project.mints == 4)
    }

    @Test func `several makefiles that nobody named fail before a recipe runs`() throws {
        let project = try MakeProject()
        try project.write("VALUE = first\n", to: "first.mk")
        let outcome = try project.make("-f", "first.mk", "-f", "Makefile", "deploy")
        #expect(outcome.status == 2 && outcome.error.contains("No rule to make target"))
        #expect(project.calls == [] && project.mints == 1)
    }

    @Test(arguments: [["deploy"], ["-j2", "deploy"], ["-e", "-k", "deploy"], []])
    func `a makefile that would not be read under the token stops make`(arguments: [String]) throws {
        let project = try MakeProject()
        try project.write("deploy:\n" + MakeProject.usual, to: "first.mk")
        try project.write("build: check\ncheck: ; @pulumi check\n", to: "more.mk")
        let files = ["-f", "first.mk", "-f", "more.mk"]
        let outcome = try project.program(files + arguments).run()
        let hint = "name in PULUMI_TOKEN_MAKEFILES what make was given with -f: under the token it did not read more.mk"
        #expect(outcome.status == 2 && outcome.error.contains(hint), "\(outcome.log)")
        #expect(project.calls == [] && project.mints == 1)
        let named = try project.program(files + arguments + ["PULUMI_TOKEN_MAKEFILES=first.mk more.mk"]).run()
        #expect(named.status == 0, "\(named.log)")
        #expect(project.callsUnderToken?.sorted() == ["build", "check", "up"] && project.mints == 2)
    }

    @Test func `a folder with a blank in its name is entered, and a makefile from a pipe goes under exec`() throws {
        let project = try MakeProject()
        try project.machine.sandbox.makeFolder("project/our stacks")
        try project.write(MakeProject.usual, to: "our stacks/Makefile")
        #expect(try project.make("-C", "our stacks", "deploy").status == 0)
        var exec = try project.program(["exec", "--", MakeProject.make, "-f", "-", "deploy"])
        exec.path = try project.machine.programs() + "/pulumi-token"
        exec.input = .bytes(Array(MakeProject.usual.utf8))
        #expect(try exec.run().status == 0)
        #expect(project.callsUnderToken == ["build", "up", "build", "up"] && project.mints == 2)
        for words in [["-f", "our stacks/Makefile", "deploy"], ["-f", "-", "deploy"]] {
            var make = try project.program(words)
            make.input = .bytes(Array(MakeProject.usual.utf8))
            #expect(try make.run().status == 2)
        }
        #expect(project.calls.count == 4)
    }

    @Test func `makes below do nothing more, whatever folder they are in`() throws {
        let project = try MakeProject(
            """
            PULUMI_TOKEN_GOALS = deploy
            export
            deploy: ; @$(MAKE) -s -C sub deploy one && $(MAKE) -s -e -C sub one && pulumi up
            include \(MakeProject.include)

            """
        )
        try project.machine.sandbox.makeFolder("project/sub")
        try project.write(MakeProject.usual, to: "sub/Makefile")
        let outcome = try project.make("-C", project.file("."), "deploy")
        #expect(outcome.status == 0, "\(outcome.log)")
        #expect(project.callsUnderToken == ["build", "up", "one", "one", "up"] && project.mints == 1)
    }

    @Test func `where a token is already there it is used`() throws {
        let project = try MakeProject()
        let bin = try project.machine.programs()
        var exec = try project.program(["exec", "--", MakeProject.make, "deploy", "one"])
        exec.path = bin + "/pulumi-token"
        #expect(try exec.run().status == 0)
        #expect(project.callsUnderToken == ["build", "up", "one"] && project.mints == 1)
    }

    @Test func `values with blanks and quotes reach recipes, and goals with them do no harm`() throws {
        let project = try MakeProject(
            """
            PULUMI_TOKEN_GOALS = deploy
            export NOTE
            deploy: ; @printf '%s\\n' "$$NOTE"
            it's: ; @echo quoted
            include \(MakeProject.include)

            """
        )
        let outcome = try project.make("-s", "deploy", "NOTE=it's  a \"note\" \\ $$HOME", "it's")
        #expect(outcome.status == 0, "\(outcome.log)")
        #expect(outcome.output == "it's  a \"note\" \\ $HOME\nquoted\n")
    }

    @Test(.enabled(if: !MakeProject.isOld)) func `recipes of one shell, and whatever is exported`() throws {
        let project = try MakeProject(
            """
            .ONESHELL:
            SHELL := /bin/bash
            .SHELLFLAGS := -eu -o pipefail -c
            MAKEFLAGS += --warn-undefined-variables --no-builtin-rules
            export
            .EXPORT_ALL_VARIABLES:
            PULUMI_TOKEN_GOALS = deploy
            deploy: build
            \t@token=$$PULUMI_ACCESS_TOKEN
            \t[[ $$token ]] && pulumi up
            build: ; @pulumi build
            include \(MakeProject.include)

            """
        )
        let outcome = try project.make("deploy")
        #expect(outcome.status == 0)
        #expect(project.callsUnderToken == ["build", "up"] && project.mints == 1)
        #expect(!outcome.error.contains("warning: undefined variable"), "\(outcome.error)")
    }

    @Test func `goals with two colons that are not of the list`() throws {
        let project = try MakeProject(MakeProject.usual.replacing("clean:", with: "clean::"))
        #expect(try project.make("clean", "deploy").status == 0)
        #expect(project.callsUnderToken == ["clean", "build", "up"])
    }

    @Test func `the job server reaches the recipes`() throws {
        let project = try MakeProject(
            """
            PULUMI_TOKEN_GOALS = deploy
            deploy: left right
            left: ; @echo left > pipe; $(MAKE) -s leaf
            right: ; @read side < pipe; pulumi $$side
            leaf: ; @pulumi leaf
            include \(MakeProject.include)

            """
        )
        try project.machine.sandbox.makePipe("project/pipe")
        // Each of the two waits for the other.
        let outcome = try project.make("-j2", "deploy")
        #expect(outcome.status == 0)
        #expect(!outcome.error.contains("jobserver"), "\(outcome.error)")
        #expect(project.callsUnderToken?.sorted() == ["leaf", "left"])
    }

    @Test func `a failing recipe fails make and ends the token`() throws {
        let project = try MakeProject()
        for arguments in [["destroy"], ["-k", "destroy", "stack-a"], ["-j2", "destroy"]] {
            let outcome = try project.program(arguments).run()
            #expect(outcome.status == 2)
            #expect(outcome.error.contains("Error 3"))
        }
        #expect(project.callsUnderToken == ["fail", "fail", "stack-a", "fail"] && project.mints == 3)
    }

    @Test func `an unknown goal fails`() throws {
        let project = try MakeProject()
        let outcome = try project.make("deploy", "nonsense")
        #expect(outcome.status == 2 && outcome.error.contains("nonsense"))
        #expect(project.mints == 1)
    }

    @Test func `a token that could not be had lets no recipe run`() throws {
        let project = try MakeProject()
        let outcome = try project.make("deploy", adding: ["PULUMI_ACCESS_TOKEN": "pul-" + "not-a-token"])
        #expect(outcome.status == 2 && outcome.error.contains("Error 125"))
        #expect(project.calls == [])
    }

    @Test func `options go through the variable`() throws {
        let project = try MakeProject()
        #expect(try project.make("deploy", "PULUMI_TOKEN_FLAGS=--ttl 20m --quiet").error == "")
        let token = try #require(project.machine.cloud.tokens(.minted).first)
        #expect(project.machine.askingTime(for: token).contains(token.expires - 1200))
    }
}
