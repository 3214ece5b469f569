import CISystems
import HostSystem
import RunnerGrammars
import TestBench
import Testing

@Suite struct AnnotationTests {
    private let gitHub = CISystem.detect(in: Environment(JobEnvironment.gitHub), files: .fixed())
    private let act = CISystem.detect(in: Environment(JobEnvironment.act), files: .fixed())
    private let azure = CISystem.detect(in: Environment(JobEnvironment.azure), files: .fixed())

    /// Texts as a server or a file name could send them.
    private func texts(seed: UInt64) -> [String] {
        var generator = SeededGenerator(seed: seed)
        let parts = [
            ":", "::", ":::", "##[", "#", "##vso[", "##teamcity[", "]", "error", "add-mask", "%0A", "%25", "%", "\r",
            "\n", " ",
            "\u{3000}", "\u{A0}", "\t", "\u{2028}", "\u{85}", "\u{200B}", "é", "word",
        ]
        return (0..<600).map { _ in
            (0...generator.number(0...8)).map { _ in parts[generator.number(0...parts.count - 1)] }.joined()
        }
    }

    @Test(arguments: AnnotationLevel.allCases)
    func `GitHub shows a message beside the run`(level: AnnotationLevel) {
        #expect(gitHub.annotation(level, "it failed") == "::\(level.rawValue)::it failed\n")
        #expect(gitHub.annotation(level, "50%: a\r\nb") == "::\(level.rawValue)::50%25: a%0D%0Ab\n")
    }

    @Test(arguments: [
        ("it failed", "it failed"), ("a\r\nb", "a  b"), ("50%", "50%"), ("a::b", "a: :b"), ("a:::b", "a: : :b"),
        ("::::", " : : : :"), (":x", " :x"), ("x:", "x:"), ("a: :b", "a: :b"),
    ])
    func `act and its kin are shown it on one line without two colons`(text: String, data: String) {
        #expect(act.annotation(.error, text) == "::error::\(data)\n")
    }

    @Test(arguments: [
        (AnnotationLevel.error, "##vso[task.logissue type=error]a%0D%0Ab] 50%\n"),
        (.warning, "##vso[task.logissue type=warning]a%0D%0Ab] 50%\n"),
    ])
    func `Azure shows errors and warnings`(level: AnnotationLevel, line: String) {
        #expect(azure.annotation(level, "a\r\nb] 50%") == line)
        #expect(azure.annotation(.notice, "a") == nil)
    }

    @Test(arguments: [
        JobEnvironment.gitLab, JobEnvironment.circleCI, JobEnvironment.buildkite, JobEnvironment.jenkins,
        JobEnvironment.plain,
    ])
    func `elsewhere there is no such thing`(variables: [String: String]) {
        let system = CISystem.detect(in: Environment(variables), files: .fixed())
        for level in AnnotationLevel.allCases { #expect(system.annotation(level, "text") == nil) }
    }

    @Test func `every runner takes an annotation for one and nothing else`() throws {
        for text in texts(seed: 410) {
            let line = try #require(gitHub.annotation(.error, text))
            let log = GitHubRunner.log(of: line)
            #expect(log == WorkflowLog(commands: [.init(name: "error", data: text)]), "\(text.debugDescription)")

            let plain = try #require(act.annotation(.warning, text))
            let logs =
                Act.logs(of: plain) + [Gitea.log(of: plain), Forgejo.log(of: plain), GitHubRunner.log(of: plain)]
            for log in logs {
                #expect(log.commands.map(\.name) == ["warning"], "\(text.debugDescription)")
                #expect(log.printed == [] && log.masks == [])
            }
        }
    }

    @Test(arguments: [
        ("all is well", "all is well"), ("a\nb\r\tc", "a b  c"), ("::error::x", ": :error::x"),
        ("  ::error::x", ": :error::x"),
        ("text ::error::x", "text ::error::x"), ("a ##[group]b", "a # #[group]b"),
        ("##vso[task.x]y", "# #vso[task.x]y"),
        ("##teamcity[a]", "# #teamcity[a]"), ("###[x]", "## #[x]"), ("##[##[", "# #[# #["), ("# heading", "# heading"),
        ("\u{2028}::error::x", ": :error::x"), ("\u{A0}::error::x", ": :error::x"), ("\u{3000} ::a::b", ": :a::b"),
        ("", ""),
        ("\u{AD}::error::x", ": :error::x"), ("\u{FEFF}##\u{200B}[x]", " ## [x]"), ("a\u{202E}b\u{2066}", "a b "),
        ("é\u{7F}\u{9B}31m", "é  31m"), ("::", ": :"), (":", ":"),
    ])
    func `text from elsewhere is made harmless`(text: String, harmless: String) {
        #expect(CISystem.harmless(text) == harmless)
    }

    @Test func `no runner takes a part of harmless text for a command`() {
        for text in texts(seed: 411) {
            let harmless = CISystem.harmless(text)
            let output = harmless + "\n"
            let logs =
                Act.logs(of: output) + [GitHubRunner.log(of: output), Gitea.log(of: output), Forgejo.log(of: output)]
            for log in logs { #expect(log.masks == [] && log.commands == [], "\(text.debugDescription)") }
            for command in ["##[", "##vso[", "##teamcity["] { #expect(!harmless.contains(command)) }
            #expect(!harmless.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
            #expect(CISystem.harmless(harmless) == harmless)
        }
    }
}

@Suite struct FoldTests {
    private func fold(_ variables: [String: String], _ title: String, name: String = "mint") -> [String]? {
        CISystem.detect(in: Environment(variables), files: .fixed()).fold(title, name: name).map {
            [$0.opening(at: 1_800_000_000), $0.closing(at: 1_800_000_007)]
        }
    }

    @Test(
        arguments: [
            (JobEnvironment.gitHub, ["::group::a title\n", "::endgroup::\n"]),
            (JobEnvironment.gitea, ["::group::a title\n", "::endgroup::\n"]),
            (JobEnvironment.forgejo, ["::group::a title\n", "::endgroup::\n"]),
            (JobEnvironment.act, ["::group::a title\n", "::endgroup::\n"]),
            (
                JobEnvironment.gitLab,
                [
                    "\u{1B}[0Ksection_start:1800000000:mint[collapsed=true]\r\u{1B}[0Ka title\n",
                    "\u{1B}[0Ksection_end:1800000007:mint\r\u{1B}[0K\n",
                ]
            ),
            (JobEnvironment.azure, ["##[group]a title\n", "##[endgroup]\n"]),
            (JobEnvironment.buildkite, ["--- a title\n", ""]),
            (
                JobEnvironment.teamCity,
                ["##teamcity[blockOpened name='a title']\n", "##teamcity[blockClosed name='a title']\n"]
            ),
            (
                JobEnvironment.travis,
                ["travis_fold:start:mint\r\u{1B}[0Ka title\n", "travis_fold:end:mint\r\u{1B}[0K"]
            ),
            (JobEnvironment.circleCI, nil), (JobEnvironment.bitbucket, nil), (JobEnvironment.woodpecker, nil),
            (JobEnvironment.jenkins, nil), (JobEnvironment.unknown, nil), (JobEnvironment.plain, nil),
        ] as [([String: String], [String]?)]
    )
    func `sections of the log as each system folds them`(variables: [String: String], lines: [String]?) {
        #expect(fold(variables, "a title") == lines)
    }

    @Test func `a title is one line`() {
        #expect(fold(JobEnvironment.gitHub, "a\nb")?.first == "::group::a b\n")
        #expect(fold(JobEnvironment.buildkite, "a\r\nb")?.first == "--- a  b\n")
    }

    @Test func `GitHub shows the title as it was meant`() {
        for title in ["100%", "a%0Ab", "%25", "a::b"] {
            let line = fold(JobEnvironment.gitHub, title)?.first ?? ""
            #expect(GitHubRunner.log(of: line).commands == [.init(name: "group", data: title)])
        }
        let line = fold(JobEnvironment.act, "a::b::c")?.first ?? ""
        for log in Act.logs(of: line) { #expect(log.commands.map(\.name) == ["group"]) }
    }

    @Test func `TeamCity's values are escaped`() {
        #expect(
            fold(JobEnvironment.teamCity, "it's [1|2] é€\u{1F600}")?.first
                == "##teamcity[blockOpened name='it|'s |[1||2|] |0x00e9|0x20ac?']\n"
        )
    }

    @Test func `a name has letters, digits and underscores`() {
        #expect(fold(JobEnvironment.travis, "t", name: "a b-é.1")?.last == "travis_fold:end:a_b___1\r\u{1B}[0K")
    }
}
