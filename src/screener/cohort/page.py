def page(summary):
    return "<html></html>"
