// Loaded before the style sheet and without `defer`: the colours must be right in the first frame.
// It imports nothing, so the built file is a plain script.
{
  const KEY = "tenantry-theme";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const systemTheme = () => (system.matches ? "dark" : "light");

  // Storage is refused in some private windows; the system's colours are right then.
  const chosen = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };
  const choose = (theme) => {
    try {
      if (theme === systemTheme()) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, theme);
    } catch {
      // The choice holds until the page is left.
    }
  };

  const show = (theme) => {
    root.dataset.bsTheme = theme;
    root.classList.toggle("dark-mode", theme === "dark");
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      button.hidden = false;
      button.setAttribute("aria-label", theme === "dark" ? "Use light colours" : "Use dark colours");
    }
  };
  const current = () => (["dark", "light"].includes(chosen()) ? chosen() : systemTheme());

  show(current());
  document.addEventListener("DOMContentLoaded", () => show(root.dataset.bsTheme));
  system.addEventListener("change", () => show(current()));
  addEventListener("storage", (event) => event.key === KEY && show(current()));
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-switch]")) return;
    const theme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    choose(theme);
    show(theme);
  });
}
