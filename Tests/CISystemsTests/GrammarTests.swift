import RunnerGrammars
import Testing

/// The runners' grammars, with their traps.
@Suite struct GrammarTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func `GitHub's runner reads both forms of a line`() throws {
        let file = "A=1\n\nB=x=y<<z\nC<<EOF=1\n two \r\n\n=\nEOF=1\nD<<E\nE\nA=2\nE<<F\nlast\nF"
        #expect(
            try GitHubRunner.environment(bytes(file)) == [
                "A": "2", "B": "x=y<<z", "C": " two \r\n\n=", "D": "", "E": "last",
            ]
        )
    }

    @Test(arguments: [
        "A", "  ", "<<EOF\nx\nEOF\n", "A<<\nx\n\n", "A<<EOF\nx\n", "A<<EOF\nx\nEOF \n", "=x", "Node_Options=x",
    ])
    func `GitHub's runner refuses what it does not understand`(file: String) {
        #expect(throws: GitHubRunner.Refusal.self) { try GitHubRunner.environment(bytes(file)) }
    }

    @Test func `GitHub's runner knows marks of byte order`() throws {
        #expect(try GitHubRunner.environment([0xEF, 0xBB, 0xBF] + bytes("A=1")) == ["A": "1"])
        #expect(try GitHubRunner.environment([0xFF, 0xFE, 0x41, 0, 0x3D, 0, 0x31, 0]) == ["A": "1"])
        #expect(try GitHubRunner.environment(bytes("A=") + [0xFF]) == ["A": "\u{FFFD}"])
    }

    @Test func `outputs have one name in any case`() throws {
        #expect(try GitHubRunner.outputs(bytes("Token=1\ntoken=2\n__x=3\n")) == ["Token": "2"])
    }

    @Test func `act loses blank lines at the beginning and carriage returns`() throws {
        let file = bytes("A<<E\n\n\nx\n\ny\r\nE\nB<<E\nE\n")
        for files in [Act.files, Gitea.files, Forgejo.files] {
            #expect(try files.variables(in: file) == ["A": "x\n\ny", "B": ""])
        }
    }

    @Test func `only Gitea skips an empty line between variables`() throws {
        #expect(try Gitea.files.variables(in: bytes("A=1\n\nB=2\n")) == ["A": "1", "B": "2"])
        for files in [Act.files, Forgejo.files] {
            #expect(throws: ActFamily.Refusal.self) { try files.variables(in: bytes("A=1\n\nB=2\n")) }
        }
    }

    @Test func `only Forgejo keeps a mark of byte order in the first name`() throws {
        let file = [0xEF, 0xBB, 0xBF] + bytes("A=1\n")
        #expect(try Act.files.variables(in: file) == ["A": "1"])
        #expect(try Gitea.files.variables(in: file) == ["A": "1"])
        #expect(try Forgejo.files.variables(in: file) == ["\u{FEFF}A": "1"])
    }

    @Test func `a long line ends the file without a word`() throws {
        let long = String(repeating: "x", count: 65_536)
        #expect(try Act.files.variables(in: bytes("A=1\nB=\(long)\nC=3\n")) == ["A": "1"])
        #expect(try Gitea.files.variables(in: bytes("A=1\nB=\(long)\nC=3\n")).count == 3)
        #expect(throws: ActFamily.Refusal.self) { try Forgejo.files.variables(in: bytes("A<<E\n\(long)\nE\n")) }
    }

    @Test func `GitHub's runner obeys commands, escapes undone, and prints the rest`() {
        let output = """
              ::add-mask::a%0Ab%250A::c
            ::Error file=x::m
            ::addmask::leak
            text ##[add-mask]old%5D;
            ::add-mask::  \u{20}
            plain
            """
        let log = GitHubRunner.log(of: output)
        #expect(log.masks == ["a\nb%0A::c", "a", "b%0A::c", "old];"])
        #expect(log.commands == [.init(name: "error", data: "m")])
        #expect(log.printed == ["::addmask::leak", "plain"])
    }

    @Test func `a carriage return cuts a command in two for GitHub's runner`() {
        #expect(GitHubRunner.log(of: "::add-mask::a\rb\r\n") == WorkflowLog(masks: ["a"], printed: ["b"]))
    }

    @Test func `act prints a mask with two colons, and with a blank before it`() {
        for log in Act.logs(of: "::add-mask::a::b\n ::add-mask::c\n::add-mask::d\n::add-mask::e") {
            #expect(log.masks == ["d"])
            #expect(log.printed == ["::add-mask::a::b\n", " ::add-mask::c\n", "::add-mask::e"])
        }
    }

    @Test func `act undoes escapes in random order`() {
        #expect(Set(Act.logs(of: "::add-mask::%250A\n").map(\.masks)) == [["%0A"], ["\n"]])
    }

    @Test func `Gitea undoes escapes once and ignores short lines`() {
        #expect(Gitea.log(of: "::add-mask::%250Ax%0Ay%0Azz\n").masks == ["%0Ax", "zz"])
    }

    @Test func `Forgejo undoes no escape`() {
        #expect(Forgejo.log(of: "::add-mask::a%0Ab\n").masks == ["a%0Ab"])
    }
}
