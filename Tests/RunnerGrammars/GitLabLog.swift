import _StringProcessing

/// GitLab's page of a job's log, as far as it folds.
///
/// https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections
package struct GitLabLog: Equatable {
    /// A section, and what is in it.
    package struct Section: Equatable {
        package var name: String
        package var header: String
        package var isCollapsed: Bool
        /// Unix time, seconds.
        package var start: Int64
        package var end: Int64?
        package var lines: [String] = []
    }

    package struct Refusal: Error, Equatable {
        var line: String
    }

    package private(set) var sections: [Section] = []
    /// What everybody sees, a section as its header.
    package private(set) var visible: [String] = []

    private static let clear = "\u{1B}\\[0K"

    /// - Throws: when a section begins in another one, ends as another one, never ends, or has a name of its own kind.
    package init(_ output: String) throws {
        var open: Int?
        for line in output.lines(endingAt: { $0 == "\n" }) where !line.isEmpty {
            if let groups = line.groups(
                of: "\(Self.clear)section_start:([0-9]+):([A-Za-z0-9_.-]+)(\\[collapsed=true\\])?\\r\(Self.clear)(.*)"
            ) {
                let names = sections.map(\.name)
                guard open == nil, let start = Int64(groups[0] ?? ""), let name = groups[1], !names.contains(name)
                else {
                    throw Refusal(line: line)
                }
                let header = groups[3] ?? ""
                open = sections.count
                sections.append(.init(name: name, header: header, isCollapsed: groups[2] != nil, start: start))
                visible.append("> " + header)
            } else if let groups = line.groups(
                of: "\(Self.clear)section_end:([0-9]+):([A-Za-z0-9_.-]+)\\r\(Self.clear)"
            ) {
                guard let place = open, sections[place].name == groups[1], let end = Int64(groups[0] ?? "") else {
                    throw Refusal(line: line)
                }
                sections[place].end = end
                open = nil
            } else if line.contains("section_start:") || line.contains("section_end:") {
                throw Refusal(line: line)
            } else if let open {
                sections[open].lines.append(line)
            } else {
                visible.append(line)
            }
        }
        if let open { throw Refusal(line: sections[open].header) }
    }
}
