extension StringProtocol {
    /// Whether another text is somewhere in it; the library's own search brings regular expressions along.
    package func holds(_ part: String) -> Bool {
        part.isEmpty || indices.contains { self[$0...].hasPrefix(part) }
    }
}
