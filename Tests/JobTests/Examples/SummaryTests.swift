import CloudEmulator
import JobBench
import TestBench
import Testing

/// What the documentation says that a run on GitHub shows.
@Suite(.ownThreads) struct SummaryTests {
    private let machine: BuildMachine
    private let job: GitHubJob

    init() throws {
        machine = try BuildMachine()
        job = try GitHubJob(machine)
        job.inputs["ttl"] = "30m"
        try job.main()
    }

    @Test func `the summary of the run is the one of the documentation`() throws {
        let document = try Repository.text("docs/github-actions.md")
        let quoted = document.between("<!-- summary -->\n", "\n\n").split(separator: "\n")
        let documented = quoted.map { shape($0.dropFirst($0.hasPrefix("> ") ? 2 : 1)) }
        let shown = job.text("summary").split(separator: "\n", omittingEmptySubsequences: false).map { shape($0) }
        #expect(documented == Array(shown.reversed().drop { $0.isEmpty }.reversed()))
        #expect(leaks(of: machine.mintedValues + [machine.parent], in: job.text("summary")) == [])
    }

    @Test func `the log of the step is the one of the documentation`() throws {
        let blocks = try CodeBlock.all(in: ["docs/github-actions.md"]).filter { $0.label == "log: github" }
        let documented = try #require(blocks.first).text.split(separator: "\n").map { shape($0) }
        let main = try job.main()
        let shown = main.error.split(separator: "\n").filter { !$0.hasPrefix("::add-mask::") && $0 != "::endgroup::" }
        #expect(documented == shown.map { shape($0.hasPrefix("::group::") ? "> " + $0.dropFirst(9) : "    " + $0) })
    }

    /// A line with its ids and moments left out.
    private func shape(_ line: some StringProtocol) -> String {
        line.split(separator: " ", omittingEmptySubsequences: false).map { word in
            word.count > 20 || word.hasSuffix("Z)") || word.hasSuffix("Z,") ? "…" : String(word)
        }.joined(separator: " ")
    }
}
