"""What agents say of themselves: the name visitors see, how they like the pages, what calls them."""
