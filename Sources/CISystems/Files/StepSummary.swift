internal import Secrets

/// The Markdown that GitHub shows with a run.
package struct StepSummary: Sendable, Equatable {
    /// GitHub shows nothing at all when a step writes more.
    package static let limit = 1024 * 1024

    package let path: String

    /// Appends Markdown, which holds no secret, on a line of its own.
    package func append(_ markdown: String) throws(ExportError) {
        try AppendedFile(variable: "GITHUB_STEP_SUMMARY", path: path)
            .append(Secret(markdown.hasSuffix("\n") ? markdown : markdown + "\n"), limit: Self.limit)
    }
}
